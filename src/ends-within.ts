import { after } from './clock.js';

/** Waits for `work`, however it ends, but no longer than `ms`. @returns whether it has ended */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let cancel: (() => void) | undefined;
  const late = new Promise<false>((resolve) => {
    cancel = after(ms, () => {
      resolve(false);
    });
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([ended, late]);
  cancel?.();
  return isInTime;
}
