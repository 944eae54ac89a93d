/** Which sessions and calls are shown, and how high their lanes are. */
import { MAX_ROWS, type Call, type Question, type Session } from './entities.js';
import type { Model } from './model.js';
import type { TimeWindow } from './time-axis.js';
import { isLate, waitOf } from './waits.js';

export interface Filter {
  /** A part of a session's name, its client's or its node's. Empty: all. */
  readonly session: string;
  /** A part of the method or target of a call, or of the method of a question. Empty: all. */
  readonly method: string;
  /** Only calls in flight that are late. */
  readonly isWaiting: boolean;
}

export const NO_FILTER: Filter = { session: '', method: '', isWaiting: false };

export interface Lane {
  readonly session: Session;
  readonly calls: readonly Call[];
  readonly questions: readonly Question[];
  /** From the top of all lanes. */
  readonly top: number;
  readonly height: number;
  readonly rows: number;
}

export const ROW = 18;
export const FIRST_ROW = 44;
const BELOW_ROWS = 24;

export function isCallShown(call: Call, { method, isWaiting }: Filter, now: number): boolean {
  if (isWaiting) {
    const wait = waitOf(call);
    if (wait === undefined || !isLate(wait, now)) return false;
  }
  return method === '' || has(call, method) || call.questions.some((question) => has(question, method));
}

export function isSessionShown(
  session: Pick<Session, 'name' | 'client' | 'node'>,
  { session: wanted }: Filter,
): boolean {
  if (wanted === '') return true;
  const { name, client = '', node = '' } = session;
  return [name, client, node].some((text) => includes(text, wanted));
}

/**
 * Lanes in the order in which their sessions began. Sessions of which the filter leaves nothing have none.
 *
 * @param window leaves out the sessions that ended before it or began after it
 */
export function lanesOf({ sessions }: Model, filter: Filter, now: number, window?: TimeWindow): Lane[] {
  const lanes: Lane[] = [];
  const isAll = filter.method === '' && !filter.isWaiting;
  let top = 0;
  for (const session of sessions.values()) {
    if (!isSessionShown(session, filter) || (window !== undefined && !isIn(session, window))) continue;
    const calls = isAll ? session.calls : session.calls.filter((call) => isCallShown(call, filter, now));
    const questions = isAll ? session.questions : questionsOf(session, calls, filter);
    if (!isAll && calls.length === 0 && questions.length === 0) continue;
    const rows = Math.min(session.rows, MAX_ROWS);
    const height = FIRST_ROW + rows * ROW + BELOW_ROWS;
    lanes.push({ session, calls, questions, top, height, rows });
    top += height;
  }
  return lanes;
}

function isIn({ openedAt, endedAt = Infinity }: Session, { from, to }: TimeWindow): boolean {
  return openedAt <= to && endedAt >= from;
}

function questionsOf(session: Session, calls: readonly Call[], { method, isWaiting }: Filter): readonly Question[] {
  const shown = new Set(calls);
  return session.questions.filter((question) => {
    if (question.call !== undefined) return shown.has(question.call);
    // Whose it is, nobody knows: perhaps of one that is shown.
    if (method !== '' && !has(question, method)) return false;
    return !isWaiting || shown.size > 0 || (question.answeredAt === undefined && question.routed === 'parked');
  });
}

function has(
  { method, target }: { readonly method: string; readonly target?: string | undefined },
  wanted: string,
): boolean {
  return includes(method, wanted) || (target !== undefined && includes(target, wanted));
}

function includes(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted.toLowerCase());
}
