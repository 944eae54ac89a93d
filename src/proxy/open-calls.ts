import { assertNever } from '../routing/assert-never.js';
import { BriefMap } from '../routing/brief-map.js';
import { Begun } from '../begun.js';
import { now } from '../clock.js';
import { ownerRankOf, scopeOf, type RequestId } from '../routing/message.js';
import type { Answered, Called, ProxyEvent, Routed, Waiting, WaitsOn } from '../proxy-events.js';

/** A call that has no answer yet, and what it waits for. */
export interface OpenCall extends Pick<Called, 'session' | 'client' | 'id' | 'method' | 'target'> {
  /** In milliseconds since 1970. */
  readonly since: number;
  /** The same, on the clock that never goes back. */
  readonly begun: number;
  readonly on: WaitsOn;
  readonly question: Waiting['question'];
  readonly refusal: Waiting['refusal'];
}

interface Call extends Pick<Called, 'session' | 'client' | 'id' | 'method' | 'target'> {
  readonly since: number;
  readonly begun: number;
  /** It waits for the calls of its session that take turns and are older. */
  readonly takesTurn: boolean;
  /** A question that was refused since. The backend may wait for its answer in vain. */
  refused: { readonly question: Question; readonly why: string } | undefined;
  /** The client was told what the backend asks, and has to repeat the call. */
  suspended: Question | undefined;
}

interface Question {
  readonly id: RequestId | undefined;
  readonly method: string;
  /** The call on whose stream it left. Without one, it may be of any. */
  call: RequestId | undefined;
  isParked: boolean;
}

interface OfSession {
  readonly calls: Begun<Call>;
  /** Those that belong to a call. A backend pings for itself. */
  readonly questions: BriefMap<RequestId, Question>;
}

/** The calls that have no answer yet, by what the events say. */
export class OpenCalls {
  readonly #sessions = new BriefMap<string | undefined, OfSession>();

  apply(event: ProxyEvent): void {
    const { session } = event;
    switch (event.kind) {
      case 'call': {
        const { client, id, method, target, at } = event;
        const begun = now();
        this.#of(session).calls.add(id, {
          session,
          client,
          id,
          method,
          target,
          since: at,
          begun,
          takesTurn: event.isSerialized === true && ownerRankOf(method) !== 'never',
          refused: undefined,
          suspended: undefined,
        });
        break;
      }
      case 'call-ended':
        this.#sessions.get(session)?.calls.end(event.id, event.outcome === 'refused' ? 'newest' : 'oldest');
        this.#forgetIfEmpty(session);
        break;
      case 'question': {
        const { id, method } = event;
        if (scopeOf(method) !== 'request') break;
        this.#of(session).questions.set(id, { id, method, call: undefined, isParked: false });
        break;
      }
      case 'route':
        if (event.id !== undefined) routed(event, event.id, this.#sessions.get(session));
        break;
      case 'answer':
        answered(event, this.#sessions.get(session));
        this.#forgetIfEmpty(session);
        break;
      case 'suspended': {
        const call = this.#sessions.get(session)?.calls.oldest(event.id);
        const [method = ''] = event.inputs;
        if (call !== undefined) call.suspended = { id: undefined, method, call: event.id, isParked: false };
        break;
      }
      case 'resumed': {
        const call = this.#sessions.get(session)?.calls.oldest(event.id);
        if (call !== undefined) call.suspended = undefined;
        break;
      }
      case 'session-ended':
        this.#sessions.delete(session);
        break;
      case 'session-opened':
      case 'backend-started':
      case 'backend-ended':
      case 'call-cancelled':
      case 'progress':
      case 'forwarded':
      case 'waiting':
        // None of them changes whose turn it is.
        break;
      default:
        assertNever(event);
    }
  }

  clear(): void {
    this.#sessions.clear();
  }

  get areNone(): boolean {
    return this.#sessions.size === 0;
  }

  /** In each session, the oldest comes first. */
  *open(): Iterable<OpenCall> {
    for (const { calls, questions } of this.#sessions.values()) {
      let isTaken = false;
      for (const call of calls.values()) {
        yield openCall(call, questions, isTaken);
        isTaken ||= call.takesTurn;
      }
    }
  }

  #of(session: string | undefined): OfSession {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const made = { calls: new Begun<Call>(), questions: new BriefMap<RequestId, Question>() };
    this.#sessions.set(session, made);
    return made;
  }

  #forgetIfEmpty(session: string | undefined): void {
    const of = this.#sessions.get(session);
    if (of?.calls.size === 0 && of.questions.size === 0) this.#sessions.delete(session);
  }
}

function routed({ outcome, call, error }: Routed, id: RequestId, of: OfSession | undefined): void {
  const question = of?.questions.get(id);
  if (of === undefined || question === undefined) return;
  question.call = call;
  question.isParked = outcome === 'parked';
  if (outcome !== 'refused' && outcome !== 'failed') return;
  for (const one of concernedBy(question, of)) one.refused = { question, why: error ?? outcome };
}

function answered({ id, by }: Answered, of: OfSession | undefined): void {
  const question = of?.questions.get(id);
  if (of === undefined || question === undefined) return;
  of.questions.delete(id);
  // The backend has gone on since it was refused.
  if (by === 'client') for (const one of concernedBy(question, of)) one.refused = undefined;
}

/** The call that a question is of. Without one, it may be of any. */
function concernedBy({ call }: Question, { calls }: OfSession): Iterable<Call> {
  if (call === undefined) return calls.values();
  const one = calls.oldest(call);
  return one === undefined ? [] : [one];
}

/** What a call waits for: what cannot reach the client comes first, then what the client has not answered. */
function openCall(call: Call, questions: OfSession['questions'], isTaken: boolean): OpenCall {
  const { session, client, id, method, target, since, begun, refused, suspended } = call;
  const own = [...questions.values()].filter((question) => question.call === undefined || question.call === id);
  const parked = own.find(({ isParked }) => isParked);
  const question = suspended ?? parked ?? own[0];
  const asked = question === undefined ? 'backend' : question.isParked ? 'stream' : 'client';
  if (call.takesTurn && isTaken) return { session, client, id, method, target, since, begun, on: 'turn', ...NOTHING };
  const named = question ?? refused?.question;
  return {
    session,
    client,
    id,
    method,
    target,
    since,
    begun,
    on: asked,
    question: named && { id: named.id, method: named.method },
    refusal: question === undefined ? refused?.why : undefined,
  };
}

const NOTHING = { question: undefined, refusal: undefined } as const;
