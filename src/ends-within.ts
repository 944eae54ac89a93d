import { after } from './clock.js';

/** Waits until `work` is settled, but no longer than `ms`. @returns whether it was settled in time */
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
