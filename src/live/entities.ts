/** What the page knows of a proxy. The records make it, and change it while they come. */
import type { CallOutcome, WaitsOn } from '../proxy-events.js';
import type { Evidence } from '../routing/route.js';
import type { RequestId } from '../routing/message.js';
import type { EventRecord } from '../telemetry/record.js';

/** A request of the backend. */
export interface Question {
  readonly id: RequestId;
  readonly method: string;
  readonly askedAt: number;
  /** On whose stream it left; or the only call that it can belong to. */
  call: Call | undefined;
  /** `undefined`: it has not been routed yet. */
  routed: Extract<EventRecord, { kind: 'route' }>['outcome'] | undefined;
  routedAt: number | undefined;
  evidence: Evidence | undefined;
  waitedMs: number | undefined;
  /** Why it was refused, such as `AMBIGUOUS`. */
  refusal: string | undefined;
  answeredAt: number | undefined;
  answer: Extract<EventRecord, { kind: 'answer' }>['outcome'] | undefined;
  answeredBy: 'client' | 'proxy' | 'backend' | undefined;
  error: string | undefined;
}

/** A request of the client. */
export interface Call {
  /** Its place among all calls, from 0. */
  readonly number: number;
  readonly session: Session;
  readonly id: RequestId;
  readonly method: string;
  readonly target: string | undefined;
  readonly startedAt: number;
  /** Where its bar lies, so that bars of calls in flight at the same time do not cover each other. */
  readonly row: number;
  readonly questions: Question[];
  /** `undefined`: it is in flight. */
  endedAt: number | undefined;
  outcome: CallOutcome | undefined;
  code: number | undefined;
  error: string | undefined;
  cancelledAt: number | undefined;
  progress: { readonly progress: number | undefined; readonly total: number | undefined } | undefined;
  /** It waits for its client to repeat it with answers. */
  suspended: { readonly at: number; readonly round: number; readonly inputs: readonly string[] } | undefined;
  /** What the proxy said of its waiting, the last time. */
  told: Told | undefined;
}

/** What is known of a question. Modern clients are asked without ids. */
export interface AskedOf {
  readonly id: RequestId | undefined;
  readonly method: string;
}

interface Told {
  readonly at: number;
  readonly on: WaitsOn;
  readonly question: AskedOf | undefined;
  readonly refusal: string | undefined;
}

/** A moment of a session that is neither a call nor a question. */
export interface Mark {
  readonly at: number;
  readonly kind: 'backend-started' | 'backend-ended' | 'session-ended' | 'notification' | 'lost-notification';
  readonly text: string;
  readonly call: Call | undefined;
}

export interface Session {
  readonly key: string;
  /** As people see it: the first characters of its id. */
  readonly name: string;
  readonly node: string | undefined;
  client: string | undefined;
  isOfModern: boolean;
  readonly openedAt: number;
  endedAt: number | undefined;
  endReason: string | undefined;
  /** Ended, and no other was started since. */
  backendEnded: string | undefined;
  /** How many rows its bars need. */
  rows: number;
  readonly calls: Call[];
  readonly questions: Question[];
  readonly marks: Mark[];
  /** Calls in flight, by {@link keyOf} their ids. */
  readonly inFlight: Map<string, Call>;
  /** How many of them lie in each row. */
  readonly taken: number[];
  /** Those that were in flight when the session ended. */
  readonly lost: Map<string, Call>;
  /** Questions without an answer, likewise. */
  readonly open: Map<string, Question>;
}

/** Of a session. Of more calls at the same time, the rest share the last row. */
export const MAX_ROWS = 24;

/** `'1'` and `1` are different requests. */
export function keyOf(id: RequestId): string {
  return `${typeof id}:${id}`;
}
