import type { Client } from '../client.js';
import type { Stage } from '../stage.js';
import { LATE, within } from '../within.js';

const LOOK_MS = 100;

/**
 * Asks the backend what it has noted, again and again: it has no other way to tell.
 *
 * @param fits what to wait for, for as long as the situation may take
 * @returns the last note, or `nothing`
 */
export async function note(
  stage: Stage,
  client: Client,
  tag: string,
  fits: (note: string) => boolean,
): Promise<string> {
  const until = performance.now() + stage.timeoutMs;
  let last = 'nothing';
  while (!fits(last)) {
    const left = until - performance.now();
    if (left <= 0) break;
    const told = await within(left, client.callTool(stage.tool('doctor_noted'), { tag })).catch(() => 'nothing');
    if (told === LATE) break;
    last = told;
    if (!fits(last)) await wait(Math.min(LOOK_MS, left));
  }
  return last;
}

/** For what happens where nobody can look: while a session has no call in flight. */
export async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
