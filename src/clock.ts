/** Timers take no more than 31 bits, and fire at once beyond. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** Milliseconds on a clock that never goes back: only differences mean anything. */
export function now(): number {
  return performance.now();
}

/** Calls `work` once after `ms` milliseconds. Keeps no process alive. @returns cancels it */
export function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => {
    clearTimeout(timer);
  };
}
