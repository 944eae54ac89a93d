/**
 * Marbles for a transport with a back-channel: one diagram draws what happens to it, another what it tells on `routes$`.
 * A frame is a millisecond of the clock that the source itself uses, which is vitest's.
 */
import { TestScheduler } from 'rxjs/testing';
import { expect, vi } from 'vitest';
import type { RouteEvent } from '../../src/index.js';
import type { TimeRig } from './rigs.js';

export type Happens = (rig: TimeRig) => unknown;

interface Drawn<T> {
  readonly frame: number;
  /** `undefined`: the diagram ends. */
  readonly what: T | undefined;
}

function drawn<T>(diagram: string, values: Readonly<Record<string, T>>): Drawn<T>[] {
  // Only while it runs, a frame of the scheduler's is a millisecond.
  const messages = new TestScheduler(() => undefined).run(() =>
    TestScheduler.parseMarbles(diagram, values, undefined, false, true),
  );
  return messages.map(({ frame, notification }) => {
    return { frame, what: notification.kind === 'N' ? (notification.value as T) : undefined };
  });
}

/** `q delivered 7 after 12`: what, what became of it, where, and how many milliseconds it had waited. */
function inWords({ method, id, to, relatedRequestId, outcome, error, waitedMs }: RouteEvent): string {
  const code = (error as { readonly code?: string } | undefined)?.code;
  const where = outcome === 'delivered' ? ` ${String(relatedRequestId ?? to)}` : '';
  return `${String(id ?? method)} ${code ?? outcome}${where} after ${Math.round(waitedMs)}`;
}

/** Lets everything in the first diagram happen in its frame, and sees the second told, frame by frame. */
export async function play(
  rig: TimeRig,
  happens: readonly [diagram: string, steps: Readonly<Record<string, Happens>>],
  tells: readonly [diagram: string, words: Readonly<Record<string, string>>],
): Promise<void> {
  const began = performance.now();
  const frameNow = (): number => Math.round(performance.now() - began);
  const told: Drawn<string>[] = [];
  const watching = rig.transport.backchannel.routes$.subscribe((event) => {
    told.push({ frame: frameNow(), what: inWords(event) });
  });
  for (const { frame, what } of drawn(...happens)) {
    await vi.advanceTimersByTimeAsync(frame - frameNow());
    what?.(rig);
    await vi.advanceTimersByTimeAsync(0);
  }
  watching.unsubscribe();
  expect(told).toEqual(drawn(...tells).filter(({ what }) => what !== undefined));
}
