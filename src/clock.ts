/** The longest delay of a timer. With more than 31 bits a timer fires at once. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** Milliseconds on a clock that never goes back. Only differences have a meaning. */
export function now(): number {
  return performance.now();
}

/** Calls `work` once after `ms` milliseconds. Does not keep the process alive. @returns a function that cancels it */
export function after(ms: number, work: () => void): () => void {
  // Node warns of a delay below 0, which is what a time that has just passed gives.
  const timer = setTimeout(work, Math.max(0, ms));
  timer.unref();
  return () => {
    clearTimeout(timer);
  };
}
