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
