/** Keeps records bounded, without losing what is still going on. */
import type { EventRecord } from '../telemetry/record.js';
import { keyOf } from './entities.js';

/** How much is left of a list that has grown too long, so that it need not be cut at each record. */
export const LEFT = 0.8;

/** Of what is open, the first record stays, and the newest: a call that hangs is told of again and again. */
const MAX_EACH = 4;

/**
 * Cuts a list of records that is longer than `max`. The oldest go first. Records of sessions that are open, of calls in
 * flight and of questions without an answer stay: a call that hangs is what people look for. Only if these alone are too
 * many do the oldest of them go as well.
 */
export function compacted<R extends { readonly record: EventRecord }>(all: readonly R[], max: number): readonly R[] {
  if (all.length <= max) return all;
  const left = Math.floor(max * LEFT);
  const open = openAmong(all);
  let excess = all.length - left;
  const kept = all.filter((_, index) => {
    if (excess === 0 || open.has(index)) return true;
    excess--;
    return false;
  });
  return kept.slice(kept.length - left);
}

/** The indices of records of what has not ended. */
function openAmong(all: readonly { readonly record: EventRecord }[]): ReadonlySet<number> {
  const sessions = new Map<string, Map<string, number[]>>();
  all.forEach(({ record }, index) => {
    const name = `${record.node ?? ''}/${record.session ?? ''}`;
    if (record.kind === 'session-ended') {
      sessions.delete(name);
      return;
    }
    const { about, isEnd } = subjectOf(record);
    if (about === undefined) return;
    const session = sessions.get(name) ?? new Map<string, number[]>();
    sessions.set(name, session);
    const indices = session.get(about);
    if (isEnd) session.delete(about);
    else if (indices === undefined) session.set(about, [index]);
    else {
      indices.push(index);
      if (indices.length > MAX_EACH) indices.splice(1, 1);
    }
  });
  return new Set([...sessions.values()].flatMap((session) => [...session.values()].flat()));
}

function subjectOf(record: EventRecord): { readonly about: string | undefined; readonly isEnd: boolean } {
  switch (record.kind) {
    case 'session-opened':
    case 'backend-started':
      return { about: 'session', isEnd: false };
    case 'call':
    case 'call-cancelled':
    case 'suspended':
    case 'waiting':
      return { about: `call ${keyOf(record.id)}`, isEnd: false };
    case 'call-ended':
      return { about: `call ${keyOf(record.id)}`, isEnd: true };
    case 'question':
      return { about: `question ${keyOf(record.id)}`, isEnd: false };
    case 'answer':
      return { about: `question ${keyOf(record.id)}`, isEnd: true };
    case 'route':
      return { about: record.id === undefined ? undefined : `question ${keyOf(record.id)}`, isEnd: false };
    case 'session-ended':
    case 'backend-ended':
    case 'progress':
    case 'resumed':
    case 'forwarded':
      return { about: undefined, isEnd: false };
  }
}
