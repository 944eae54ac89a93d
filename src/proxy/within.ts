import { after } from '../clock.js';

/** Waits for `work`, however it ends, but no longer than `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let cancel: (() => void) | undefined;
  const late = new Promise<void>((resolve) => (cancel = after(ms, resolve)));
  await Promise.race([work, late]).catch(() => undefined);
  cancel?.();
}
