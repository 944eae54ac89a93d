/**
 * The result of a write that is complete when the call returns. It is one promise for all of them, so that whoever gets
 * it knows that nothing has to be waited for.
 */
export const SETTLED: Promise<void> = Promise.resolve();
