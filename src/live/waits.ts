/** Who waits now, on whom, and why. */
import type { WaitsOn } from '../proxy-events.js';
import type { AskedOf, Call, Question, Session } from './entities.js';
import type { Model } from './model.js';

/** Up to here, a wait is nothing to worry about. */
export const LATE_MS = 5_000;

export interface Wait {
  readonly session: Session;
  /** `undefined`: a question waits that belongs to no call that is known. */
  readonly call: Call | undefined;
  readonly on: WaitsOn;
  /** Since when it is their turn. */
  readonly since: number;
  readonly question: AskedOf | undefined;
  /** The last question that was asked for the call was refused, and this is why. */
  readonly refusal: string | undefined;
}

/** Whose turn it is. `undefined`: nobody's, the call has ended. */
export function waitOf(call: Call): Wait | undefined {
  if (call.endedAt !== undefined) return undefined;
  const { session, suspended, told } = call;
  const wait = { session, call, question: undefined, refusal: undefined };
  if (suspended !== undefined) return { ...wait, on: 'client', since: suspended.at };
  const question = call.questions.findLast(({ answeredAt }) => answeredAt === undefined);
  if (question?.routed === 'parked') return { ...wait, on: 'stream', since: question.askedAt, question };
  if (question !== undefined && question.refusal === undefined) {
    const isSent = question.routedAt !== undefined;
    return { ...wait, on: isSent ? 'client' : 'stream', since: question.routedAt ?? question.askedAt, question };
  }
  const last = lastQuestionOf(call);
  const refused = last?.refusal === undefined ? undefined : last;
  const since = Math.max(call.startedAt, ...call.questions.map(({ answeredAt = 0 }) => answeredAt));
  return {
    ...wait,
    on: told?.on === 'turn' ? 'turn' : 'backend',
    since: refused?.routedAt ?? since,
    question: refused ?? told?.question,
    refusal: refused?.refusal ?? told?.refusal,
  };
}

/** A question that was refused names no call: any that was in flight may be the one that it was asked for. */
function lastQuestionOf({ session, questions, startedAt }: Call): Question | undefined {
  const last = questions.at(-1);
  const refused = session.questions.findLast(
    (one) => one.refusal !== undefined && one.call === undefined && one.method !== 'ping',
  );
  if (refused === undefined || refused.askedAt < startedAt) return last;
  return last === undefined || last.askedAt < refused.askedAt ? refused : last;
}

/** Everything that waits at `now`, the longest first. */
export function waitsIn({ sessions }: Model): Wait[] {
  const waits: Wait[] = [];
  for (const session of sessions.values()) {
    for (const call of session.inFlight.values()) {
      const wait = waitOf(call);
      if (wait !== undefined) waits.push(wait);
    }
    for (const question of session.open.values()) {
      if (question.call !== undefined || question.refusal !== undefined) continue;
      const on = question.routed === 'delivered' ? 'client' : 'stream';
      waits.push({ session, call: undefined, on, since: question.askedAt, question, refusal: undefined });
    }
  }
  return waits.sort((one, other) => one.since - other.since);
}

/** Whether somebody should look: it is late, or nothing can come of it by itself. */
export function isLate({ on, since, refusal, call }: Wait, now: number): boolean {
  return on === 'stream' || refusal !== undefined || call?.told !== undefined || now - since >= LATE_MS;
}

/** For people: `the client has not answered elicitation/create 3 for 34 s`. */
export function reasonOf({ on, since, question, refusal, call }: Wait, now: number): string {
  const time = `for ${durationText(now - since)}`;
  const asked = question === undefined ? 'a question' : askedName(question);
  if (call?.suspended !== undefined) {
    const { round, inputs } = call.suspended;
    return `the client has not come back with its answers to round ${round} (${inputs.join(', ')}) ${time}`;
  }
  switch (on) {
    case 'client':
      return `the client has not answered ${asked} ${time}`;
    case 'stream':
      return `${asked} cannot reach the client, which has no open stream, ${time}`;
    case 'backend':
      return refusal === undefined
        ? `the backend has not answered ${time}`
        : `${asked} was refused (${refusal}), and the backend has not answered ${time}`;
    case 'turn':
      return `an older call of the session has no answer, and calls take turns, ${time}`;
  }
}

/** The same in three words, for the picture. */
export function shortReasonOf({ on, question, refusal, call }: Wait): string {
  const asked = question === undefined ? '' : `: ${askedName(question)}`;
  if (refusal !== undefined) return `refused ${refusal}${asked}`;
  if (call?.suspended !== undefined) return `waits for the client to come back`;
  switch (on) {
    case 'client':
      return `waits for the client's answer${asked}`;
    case 'stream':
      return `no stream${asked}`;
    case 'backend':
      return 'waits for the backend';
    case 'turn':
      return 'waits for its turn';
  }
}

function askedName({ method, id }: AskedOf): string {
  return id === undefined ? method : `${method} ${id}`;
}

export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.floor(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.floor(ms / 60_000)} min`;
  return `${Math.floor(ms / 3_600_000)} h`;
}
