/** In place of a value: there was none in time. */
export const LATE: unique symbol = Symbol('late');

/** Waits for a promise, but not for longer than this. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, ms, LATE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * For waits that share one time, from now on: `wait(promise)` for each, one after the other or at once.
 *
 * @param onLate makes the value in place of one that was not there in time, or throws
 */
export function waiting<L = typeof LATE>(
  ms: number,
  onLate: () => L = () => LATE as L,
): <T>(promise: Promise<T>) => Promise<T | L> {
  const until = performance.now() + ms;
  return async (promise) => {
    const value = await within(Math.max(0, until - performance.now()), promise);
    return value === LATE ? onLate() : value;
  };
}
