import type { RequestId } from '../routing/message.js';
import type { EventRecord } from '../telemetry/record.js';
import { keyOf, MAX_ROWS, type Call, type Question, type Session } from './entities.js';
import { ask } from './model-questions.js';

type OfCall = Extract<
  EventRecord,
  { kind: 'call' | 'call-ended' | 'call-cancelled' | 'progress' | 'suspended' | 'resumed' | 'waiting' }
>;

/** @param all to which a new call is added */
export function applyToCall(session: Session, record: OfCall, all: Call[]): void {
  switch (record.kind) {
    case 'call':
      begin(session, record, record.at, all);
      return;
    case 'call-ended':
      // Its beginning may be older than the records.
      end(calledOf(session, record) ?? begin(session, record, record.at - record.durationMs, all), record);
      return;
    case 'progress': {
      const call = record.call === undefined ? undefined : session.inFlight.get(keyOf(record.call));
      if (call !== undefined) call.progress = { progress: record.progress, total: record.total };
      return;
    }
    case 'call-cancelled':
    case 'suspended':
    case 'resumed':
    case 'waiting': {
      const call = calledOf(session, record);
      // The backend answers before the user visits a page: the client's next try is another call of the backend.
      if (call === undefined && session.calls.some(({ id }) => id === record.id)) return;
      const started = record.kind === 'waiting' ? record.at - record.forMs : record.at;
      change(call ?? begin(session, record, started, all), record);
    }
  }
}

function change(
  call: Call,
  record: Extract<EventRecord, { kind: 'call-cancelled' | 'suspended' | 'resumed' | 'waiting' }>,
): void {
  const { at } = record;
  switch (record.kind) {
    case 'call-cancelled':
      call.cancelledAt = at;
      return;
    case 'suspended':
      call.suspended = { at, round: record.round, inputs: record.inputs };
      return;
    case 'resumed':
      call.suspended = undefined;
      return;
    case 'waiting': {
      const { on, question, refusal } = record;
      call.told = { at, on, question, refusal };
      const asked = askedOf(call.session, record);
      // Now it is known whose it is.
      if (asked !== undefined && asked.call === undefined) {
        asked.call = call;
        call.questions.push(asked);
      }
    }
  }
}

/** The question that a call waits for. It may have been asked before the records begin. */
function askedOf(session: Session, { at, on, question }: Extract<OfCall, { kind: 'waiting' }>): Question | undefined {
  const { id, method } = question ?? {};
  if (id === undefined || method === undefined) return undefined;
  const known = session.open.get(keyOf(id));
  if (known !== undefined || (on !== 'client' && on !== 'stream')) return known;
  const asked = ask(session, { id, method }, at);
  asked.routed = on === 'client' ? 'delivered' : 'parked';
  asked.routedAt = at;
  return asked;
}

function calledOf(session: Session, { id }: { readonly id: RequestId }): Call | undefined {
  const key = keyOf(id);
  // Or it ended with its session, whose record came first.
  return session.inFlight.get(key) ?? session.lost.get(key);
}

interface Named {
  readonly id: RequestId;
  readonly method: string;
  readonly target?: string | undefined;
}

function begin(session: Session, { id, method, target }: Named, startedAt: number, all: Call[]): Call {
  leave(session, id);
  const call: Call = {
    number: all.length,
    session,
    id,
    method,
    target,
    startedAt,
    row: freeRow(session),
    questions: [],
    endedAt: undefined,
    outcome: undefined,
    code: undefined,
    error: undefined,
    cancelledAt: undefined,
    progress: undefined,
    suspended: undefined,
    told: undefined,
  };
  session.rows = Math.max(session.rows, call.row + 1);
  session.calls.push(call);
  session.inFlight.set(keyOf(id), call);
  session.taken[call.row] = (session.taken[call.row] ?? 0) + 1;
  all.push(call);
  return call;
}

function end(call: Call, { at, outcome, code, error, id }: Extract<EventRecord, { kind: 'call-ended' }>): void {
  call.endedAt = at;
  call.outcome = outcome;
  call.code = code;
  call.error = error;
  call.suspended = undefined;
  leave(call.session, id);
}

function leave({ inFlight, taken }: Session, id: RequestId): void {
  const call = inFlight.get(keyOf(id));
  if (call === undefined) return;
  inFlight.delete(keyOf(id));
  taken[call.row] = (taken[call.row] ?? 1) - 1;
}

/** The calls for which there is no room share the last row. */
function freeRow({ taken }: Session): number {
  let row = 0;
  while (row < MAX_ROWS - 1 && (taken[row] ?? 0) > 0) row++;
  return row;
}
