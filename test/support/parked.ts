/** What can be seen of a message that waits, under a clock that stands still. */
import type { SendOptions } from '../../src/transport-like.js';
import { vi } from 'vitest';
import type { WatchedRig } from './watched-rig.js';

/** What becomes of a `send()`, looked at when the test wants. */
export function sent(rig: WatchedRig, message: object, options?: SendOptions): { outcome: string } {
  const state = { outcome: 'pending' };
  rig.transport.send(message, options).then(
    () => (state.outcome = 'resolved'),
    (error: unknown) => (state.outcome = `rejected ${(error as { code?: string }).code ?? String(error)}`),
  );
  return state;
}

export const codes = (rig: WatchedRig): unknown[] => rig.errors.map(({ code }) => code);
/** All promises that can settle do. */
export const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
