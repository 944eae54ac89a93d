import type { RouteEvent } from '../interceptor/events.js';
import type {
  Answered,
  BackendEnded,
  CallEnded,
  CallOutcome,
  ProxyEvent,
  Routed,
  SessionEnd,
} from '../proxy-events.js';
import { reportedTokenOf, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import type { Calls } from './calls.js';
import type { RequestInfo } from './request-info.js';
import type { EventSource } from './event-source.js';
import { answerOutcome, callOutcome, clientNameIn, errorTextIn, numberIn, targetOf } from './event-details.js';

/** An event, without what all events of a session have. */
type Untold<E> = E extends ProxyEvent ? Omit<E, 'at' | 'session' | 'client'> : never;

interface Begun {
  readonly method: string;
  readonly target: string | undefined;
  readonly at: number;
}

/** Tells what happens in one session. What began before anybody watched is not told of when it ends. */
export class SessionEvents {
  readonly #begunAt = Date.now();
  #client: string | undefined;
  #calls: Map<RequestId, Begun> | undefined;
  #questions: Map<RequestId, Begun> | undefined;

  constructor(
    private readonly source: EventSource,
    /** The id of the session, once it has one. */
    private readonly session: () => string | undefined,
    private readonly isOfModern: boolean,
  ) {}

  get isWatched(): boolean {
    return this.source.isWatched;
  }

  /** @param message in which the client says its name, of either era */
  nameClient(message: JsonRpcMessage): void {
    this.#client = clientNameIn(message);
  }

  /** @param initialize the request of the client, here or at another node */
  opened(initialize: JsonRpcMessage): void {
    this.nameClient(initialize);
    if (this.isWatched && this.session() !== undefined)
      this.#tell({ kind: 'session-opened', isOfModern: this.isOfModern });
  }

  ended(reason: string, by: SessionEnd): void {
    const calls = [...(this.#calls?.keys() ?? [])];
    const why = `The session has ended: ${reason}`;
    for (const id of calls) this.unanswered(id, 'session-ended', why);
    for (const id of [...(this.#questions?.keys() ?? [])]) this.unasked(id, why);
    if (this.isWatched && this.session() !== undefined)
      this.#tell({ kind: 'session-ended', reason, by, durationMs: Date.now() - this.#begunAt });
  }

  backendStarted(pid: number | undefined): void {
    if (this.isWatched) this.#tell({ kind: 'backend-started', pid });
  }

  backendEnded(reason: string, exitCode: BackendEnded['exitCode']): void {
    if (this.isWatched) this.#tell({ kind: 'backend-ended', reason, exitCode });
  }

  called(message: RequestMessage, post: RequestInfo | undefined): void {
    if (message.method === 'initialize') this.opened(message);
    if (!this.isWatched) return;
    const { id, method } = message;
    const target = targetOf(message);
    const at = Date.now();
    (this.#calls ??= new Map()).set(id, { method, target, at });
    // Not spread, here and at the end of the call: an object that is spread is ten times as large.
    this.source.tell({
      kind: 'call',
      at,
      session: this.session(),
      client: this.#client,
      id,
      method,
      target,
      message,
      headers: post?.headers,
    });
  }

  /** The call gets this answer of the backend. */
  answeredCall(message: JsonRpcMessage & { readonly id: RequestId }): void {
    if (this.#calls?.has(message.id) !== true) return;
    const { outcome, code } = callOutcome(message);
    this.#callEnded(message.id, outcome, code, errorTextIn(message), message);
  }

  /** The call gets no answer of the backend. */
  unanswered(id: RequestId, outcome: CallOutcome, error: string | undefined): void {
    this.#callEnded(id, outcome, undefined, error, undefined);
  }

  cancelled(id: RequestId, message: JsonRpcMessage): void {
    const call = this.#calls?.get(id);
    if (call === undefined || !this.isWatched) return;
    const { reason } = Object(message.params) as { readonly reason?: unknown };
    const { method, target } = call;
    this.#tell({ kind: 'call-cancelled', id, method, target, reason: typeof reason === 'string' ? reason : undefined });
  }

  /** The backend sent a notification. @param calls those that progress may be of */
  notified(message: JsonRpcMessage, calls: Pick<Calls, 'withToken'>): void {
    if (!this.isWatched || message.method !== 'notifications/progress') return;
    const token = reportedTokenOf(message);
    const call = token === undefined ? undefined : calls.withToken(token)?.id;
    const { progress, total } = Object(message.params) as { readonly progress?: unknown; readonly total?: unknown };
    this.#tell({ kind: 'progress', call, progress: numberIn(progress), total: numberIn(total) });
  }

  asked(message: RequestMessage): void {
    if (!this.isWatched) return;
    const { id, method } = message;
    const target = targetOf(message);
    (this.#questions ??= new Map()).set(id, { method, target, at: Date.now() });
    this.#tell({ kind: 'question', id, method, target, message });
  }

  /** The question has this answer. @param by the proxy, if it answers for a client that cannot */
  answered(message: JsonRpcMessage & { readonly id: RequestId }, by: 'client' | 'proxy'): void {
    const outcome = answerOutcome(message);
    this.#questionEnded(message.id, { by, outcome, error: errorTextIn(message), message });
  }

  /** The question could not be asked, or is not asked any more. */
  unasked(id: RequestId, why: string): void {
    this.#questionEnded(id, { by: 'proxy', outcome: 'error', error: why, message: undefined });
  }

  /** The backend took the question back. */
  takenBack(id: RequestId): void {
    this.#questionEnded(id, { by: 'backend', outcome: 'taken-back', error: undefined, message: undefined });
  }

  /** The event that says what became of a server-initiated message. */
  routed({ session, method, id, relatedRequestId, to, evidence, outcome, error, waitedMs }: RouteEvent): Routed {
    const code = error && ((error as { readonly code?: string }).code ?? error.message);
    return {
      ...this.#base(),
      session,
      kind: 'route',
      id,
      method,
      call: to === 'nowhere' ? undefined : relatedRequestId,
      to,
      evidence,
      outcome,
      error: code,
      waitedMs,
    };
  }

  #callEnded(
    id: RequestId,
    outcome: CallOutcome,
    code: CallEnded['code'],
    error: CallEnded['error'],
    message: CallEnded['message'],
  ): void {
    const call = this.#calls?.get(id);
    if (call === undefined) return;
    this.#calls?.delete(id);
    if (!this.isWatched) return;
    const { method, target, at: begun } = call;
    const at = Date.now();
    this.source.tell({
      kind: 'call-ended',
      at,
      session: this.session(),
      client: this.#client,
      id,
      method,
      target,
      durationMs: at - begun,
      outcome,
      code,
      error,
      message,
    });
  }

  #questionEnded(id: RequestId, how: Pick<Answered, 'by' | 'outcome' | 'error' | 'message'>): void {
    const asked = this.#questions?.get(id);
    if (asked === undefined) return;
    this.#questions?.delete(id);
    if (!this.isWatched) return;
    const { method, target, at } = asked;
    this.#tell({ kind: 'answer', id, method, target, durationMs: Date.now() - at, ...how });
  }

  #base(): Pick<ProxyEvent, 'at' | 'session' | 'client'> {
    return { at: Date.now(), session: this.session(), client: this.#client };
  }

  #tell(event: Untold<ProxyEvent>): void {
    this.source.tell({ ...this.#base(), ...event });
  }
}
