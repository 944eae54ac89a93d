import { textOf } from '../../errors.js';
import type { Client } from '../client.js';
import type { Stage } from '../stage.js';
import { LATE, within } from '../within.js';

const LOOK_MS = 100;

/**
 * Asks the backend what it has noted, again and again: it has no other way to tell.
 *
 * @param fits what to wait for
 * @param ms for how long. Default: as long as a call may take
 * @returns the last note, or `nothing`; `LATE` if no answer ever came
 * @throws Error that says how the proxy refused to pass the last call on
 */
export async function note(
  stage: Stage,
  client: Client,
  tag: string,
  fits: (note: string) => boolean,
  ms: number = stage.timeoutMs,
): Promise<string | typeof LATE> {
  const until = performance.now() + ms;
  let last: string | Error | typeof LATE = LATE;
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) break;
    const told = await within(left, client.callTool(stage.tool('doctor_noted'), { tag })).catch(errorOf);
    if (told === LATE) break;
    last = told;
    if (typeof last === 'string' && fits(last)) break;
    await wait(Math.min(LOOK_MS, left));
  }
  if (last instanceof Error) throw last;
  return last;
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(textOf(error));
}

/** For what happens where nobody can look: while a session has no call in flight. */
export async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
