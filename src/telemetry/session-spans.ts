import { trace, type Context } from '@opentelemetry/api';
import type {
  Answered,
  Asked,
  BackendEnded,
  BackendStarted,
  CallCancelled,
  CallEnded,
  Called,
  Resumed,
  Routed,
  SessionEnded,
  SessionOpened,
  Suspended,
  Waiting,
} from '../proxy-events.js';
import { Begun } from '../begun.js';
import { isRequest, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import { CallSpans, endingOf, versionIn } from './call-spans.js';
import { notificationSpansOf, type NotificationSpans } from './notification-spans.js';
import { placeOf, type Place, type SessionSpansOptions } from './place.js';
import { withContext, type RequestHeaders } from './propagation.js';
import { answerEndingOf, QuestionSpans } from './question-spans.js';
import { SessionDurations } from './session-durations.js';
import { showing, type Show } from './shown-text.js';

/** What happens to a session, or on the way of a call. */
type Happening =
  SessionOpened | SessionEnded | BackendStarted | BackendEnded | CallCancelled | Suspended | Resumed | Waiting;

/** Clients without sessions do not know these methods. The proxy itself prepares a session for them by these calls. */
const PREPARING: ReadonlySet<string> = new Set(['initialize', 'logging/setLevel']);

/** How a question ends whose id is used for another one. */
const REPLACED = {
  by: 'proxy',
  outcome: 'error',
  error: 'The id was used for another question',
  message: undefined,
} as const;

/** The spans of one session. */
export class SessionSpans {
  #calls = new Begun<CallSpans>();
  readonly #questions = new Map<RequestId, QuestionSpans>();
  readonly #durations: SessionDurations;
  readonly #show: Show;
  #version: string | undefined;
  #isOpened = false;
  #isOfModern = false;
  #isBackendGone = false;
  /** Nobody would end what begins later. */
  #isOver = false;

  constructor(
    /** Its whole id. It may be known later than the session begins. */
    private readonly session: () => string | undefined,
    private readonly options: SessionSpansOptions,
  ) {
    this.#durations = new SessionDurations(options);
    this.#show = showing(options.redact);
  }

  /** Whether nothing more is to be told. A call without a session is all that there is of one. */
  get isDone(): boolean {
    return (this.#isOver || !this.#isOpened) && this.#calls.size === 0 && this.#questions.size === 0;
  }

  on(event: Happening): void {
    switch (event.kind) {
      case 'session-opened':
        this.#opened(event);
        return;
      case 'session-ended':
        this.#ended(event);
        return;
      case 'backend-started':
        this.#durations.backendStarted();
        return;
      case 'backend-ended':
        this.#isBackendGone = event.by === 'backend';
        return;
      case 'call-cancelled':
        this.#calls.newest(event.id)?.tell('mcp_backchannel.cancelled');
        return;
      case 'suspended':
      case 'resumed':
        this.#calls.oldest(event.id)?.tell(`mcp_backchannel.${event.kind}`);
        return;
      case 'waiting':
        this.#calls.oldest(event.id)?.waits(event);
        return;
      // no default
    }
  }

  // ---- calls ----

  called({ id, message, headers, peer }: Pick<Called, 'id' | 'message' | 'headers' | 'peer'>): void {
    if (this.#isOver || !isRequest(message)) return;
    const isOurs = this.options.faces === 'backend' || (this.#isOfModern && PREPARING.has(message.method));
    const call = new CallSpans(message, this.#place, isOurs ? null : headers, peer);
    this.#calls.add(id, call);
    if (this.options.faces === 'both' && !this.options.isCarried()) call.forwarded();
  }

  callEnded(event: Pick<CallEnded, 'id' | 'outcome' | 'code' | 'error' | 'message'>): void {
    const call = this.#calls.end(event.id, event.outcome === 'refused' ? 'newest' : 'oldest');
    if (call === undefined) return;
    const { outcome, message } = event;
    if (call.method === 'initialize' && outcome === 'result') this.#version = versionIn(message, this.#show);
    const { code, description, error } = endingOf(event, this.#isBackendGone, this.#show);
    const begun = call.method === 'initialize' ? { version: this.#version, session: this.session() } : {};
    call.ended(outcome, { error, code, description, ...begun });
  }

  /** The client wants no answer, and gets none. */
  callCancelled(id: RequestId): void {
    this.#calls.oldest(id)?.tell('mcp_backchannel.cancelled');
    this.callEnded({ id, outcome: 'cancelled', code: undefined, error: undefined, message: undefined });
  }

  contextOfCall(id: RequestId): Context | undefined {
    return this.#calls.newest(id)?.context;
  }

  /** The context of the call in which this context was made, if that call is still in flight. */
  inFlightIn(context: Context): Context | undefined {
    const span = trace.getSpanContext(context);
    if (span === undefined) return undefined;
    return [...this.#calls.values()].find(({ link }) => link.context.spanId === span.spanId)?.context;
  }

  get soleCall(): Context | undefined {
    const [sole, ...others] = this.#calls.values();
    return others.length === 0 ? sole?.context : undefined;
  }

  // ---- questions ----

  asked({ id, message }: Pick<Asked, 'id' | 'message'>): void {
    if (this.#isOver || !isRequest(message)) return;
    // A proxy has ended it already. Whoever uses the id again gets one answer.
    if (this.#questions.has(id)) this.answered({ id, ...REPLACED });
    this.#questions.set(id, new QuestionSpans(message, this.#place, this.options.faces));
  }

  /** @param within the context of its call */
  arrived(id: RequestId, within: Context | undefined): Context | undefined {
    const question = this.#questions.get(id);
    question?.arrived(within, this.#calls.values());
    return question?.context;
  }

  routed(event: Routed): void {
    const question = event.id === undefined ? undefined : this.#questions.get(event.id);
    if (question === undefined) return;
    const within = event.call === undefined ? undefined : this.contextOfCall(event.call);
    if (event.outcome === 'delivered') question.sent(within, this.#linked(within, event));
    else if (event.outcome !== 'parked') question.arrived(within ?? this.soleCall, this.#calls.values());
    question.routed(event);
  }

  /** @param failure why the client was not asked, if the event does not say */
  answered(event: Pick<Answered, 'id' | 'outcome' | 'by' | 'error' | 'message'>, failure?: string): void {
    const question = this.#questions.get(event.id);
    this.#questions.delete(event.id);
    if (failure !== undefined) question?.failedBy(failure);
    question?.arrived(this.soleCall, this.#calls.values());
    question?.ended(event.outcome, answerEndingOf(event, this.#show));
  }

  // ---- what is carried ----

  toBackend(message: JsonRpcMessage): JsonRpcMessage {
    const call = isRequest(message) ? this.#calls.newest(message.id) : undefined;
    call?.forwarded();
    return call === undefined ? message : withContext(message, call.context);
  }

  /** @param within the context of its call, or none if it belongs to none */
  toClient(message: RequestMessage, within: Context | undefined): JsonRpcMessage {
    const question = this.#questions.get(message.id);
    question?.sent(within, []);
    return question?.context === undefined ? message : withContext(message, question.context);
  }

  // ---- notifications ----

  /** One passes, or begins to. @param within the context in which it was sent, if that is known */
  notified(
    message: JsonRpcMessage,
    from: 'client' | 'backend',
    within: Context | undefined,
    headers?: RequestHeaders,
  ): NotificationSpans | undefined {
    if (this.#isOver) return undefined;
    // Such a client sends none. They are ours.
    const faces = this.#isOfModern && from === 'client' ? 'backend' : this.options.faces;
    return notificationSpansOf(message, { from, faces, place: this.#place, within, headers });
  }

  // ---- the session itself ----

  #opened({ isOfModern }: SessionOpened): void {
    this.#isOpened = true;
    this.#isOfModern = isOfModern;
  }

  #ended({ by, durationMs }: SessionEnded): void {
    this.#isOver = true;
    // A client without sessions has none to measure.
    if (!this.#isOfModern) this.#durations.ended('server', durationMs / 1000, by, this.#version);
    this.#durations.backendEnded(by, this.#version);
  }

  /** The transport is closed. @param seconds how long the session was, if it was one */
  closed(by: 'client' | 'backend', seconds: number | undefined): void {
    if (this.#isOver) return;
    if (by === 'backend') this.#isBackendGone = true;
    const kind = this.options.faces === 'backend' ? 'client' : 'server';
    if (seconds !== undefined && this.#version !== undefined) this.#durations.ended(kind, seconds, by, this.#version);
    this.close();
  }

  /** Ends what is not ended. */
  close(): void {
    this.#isOver = true;
    const error = this.#isBackendGone ? 'backend_ended' : 'session_ended';
    for (const question of this.#questions.values()) {
      question.arrived(this.soleCall, this.#calls.values());
      question.ended(undefined, { error });
    }
    for (const call of this.#calls.values()) call.ended('session-ended', { error });
    this.#questions.clear();
    this.#calls = new Begun();
  }

  /** What belongs to no call is linked to none, unless it could not be told which. */
  #linked(within: Context | undefined, { evidence }: Routed): Iterable<CallSpans> {
    return within === undefined && evidence === undefined ? this.#calls.values() : [];
  }

  get #place(): Place {
    const known = { session: this.session(), version: this.#version, isOfModern: this.#isOfModern, show: this.#show };
    return placeOf(this.options, known);
  }
}
