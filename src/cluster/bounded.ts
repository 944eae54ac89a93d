import { after } from '../clock.js';
import { debug } from '../debug.js';
import { asError } from '../errors.js';
import { ENGINE_BOUND_MS } from './engine.js';

/** Waits for a call of the engine, but no longer than it may take. */
export async function bounded<T>(call: Promise<T>): Promise<T> {
  let cancel: (() => void) | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = after(ENGINE_BOUND_MS, () => {
      reject(new Error(`the engine of the cluster has not answered for ${ENGINE_BOUND_MS} ms`));
    });
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    cancel?.();
  }
}

/** Whoever leaves cannot do more about it. */
export function noteFailure(error: unknown): void {
  debug.cluster('%s', asError(error).message);
}
