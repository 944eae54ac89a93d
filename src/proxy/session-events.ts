import type { RouteEvent } from '../interceptor/events.js';
import type { Answered, CallEnded, Called, CallOutcome, ProxyEvent, Routed, SessionEnd } from '../proxy-events.js';
import { reportedTokenOf, type JsonRpcMessage, type RequestId, type RequestMessage } from '../routing/message.js';
import { now } from '../clock.js';
import type { BackendEnd } from '../backend-ended.js';
import { Begun } from '../begun.js';
import type { Calls } from './calls.js';
import type { RequestInfo } from './request-info.js';
import type { EventSource } from './event-source.js';
import { ofRoute } from './route-events.js';
import { answerOutcome, callOutcome, clientNameIn, errorTextIn, numberIn, targetOf } from './event-details.js';

/** An event, without what all events of a session have. */
type Untold<E> = E extends ProxyEvent ? Omit<E, 'at' | 'session' | 'client'> : never;

/** A request that has begun. */
interface Request extends Pick<Called, 'client' | 'method' | 'target'> {
  /** On the clock that never goes back. */
  readonly since: number;
  isCancelled?: boolean;
}

/** Tells what happens in one session. What began before anybody watched is not told of when it ends. */
export class SessionEvents {
  readonly #since = now();
  #client: string | undefined;
  #calls: Begun<Request> | undefined;
  #questions: Begun<Request> | undefined;
  /** The process of the backend, once that has started and until it has ended. `'none'`: it has no process here. */
  #backend: number | 'none' | undefined;
  #isOpened = false;
  #isOver = false;

  constructor(
    private readonly source: EventSource,
    /** The id of the session, once it has one. */
    private readonly session: () => string | undefined,
    /** Calls of clients without sessions: each may be another client's. */
    private readonly isOfModern: boolean,
    private readonly isSerialized = false,
  ) {}

  get isWatched(): boolean {
    return this.source.isWatched && !this.#isOver;
  }

  /** @param initialize the request of the client, here or at another node */
  opened(initialize: JsonRpcMessage): void {
    // A client may initialize its session twice.
    if (this.#isOpened) return;
    if (!this.isOfModern) this.#client = clientNameIn(initialize);
    this.#isOpened = this.session() !== undefined;
    if (!this.isWatched || !this.#isOpened) return;
    this.#tell({ kind: 'session-opened', isOfModern: this.isOfModern });
    this.#tellStarted();
  }

  ended(reason: string, by: SessionEnd): void {
    const why = `The session has ended: ${reason}`;
    for (const id of this.#calls?.ids ?? []) this.unanswered(id, 'session-ended', why);
    for (const id of this.#questions?.ids ?? []) this.unasked(id, why);
    this.#backendEnded(reason, 'session', undefined);
    if (this.isWatched && this.#isOpened)
      this.#tell({ kind: 'session-ended', reason, by, durationMs: now() - this.#since });
    this.#isOver = true;
  }

  /** A backend of an adopted session starts before the session has its id. */
  backendStarted(pid: number | undefined): void {
    this.#backend = pid ?? 'none';
    this.#tellStarted();
  }

  #tellStarted(): void {
    const pid = this.#backend;
    if (pid === undefined || !this.isWatched || !this.#isOpened) return;
    this.#tell({ kind: 'backend-started', pid: pid === 'none' ? undefined : pid });
  }

  /** The backend is gone. @param how its process ended, if it had one that ended by itself */
  backendEnded(reason: string, how: BackendEnd | undefined): void {
    this.#backendEnded(reason, 'backend', how);
  }

  #backendEnded(reason: string, by: 'backend' | 'session', how: BackendEnd | undefined): void {
    if (this.#backend === undefined) return;
    this.#backend = undefined;
    const { exitCode, signal } = how ?? {};
    if (this.isWatched && this.#isOpened) this.#tell({ kind: 'backend-ended', reason, by, exitCode, signal });
  }

  called(message: RequestMessage, post: RequestInfo | undefined): void {
    if (message.method === 'initialize') this.opened(message);
    if (!this.isWatched) return;
    const { id, method } = message;
    const target = targetOf(message);
    const client = this.isOfModern ? post?.client : this.#client;
    (this.#calls ??= new Begun()).add(id, { client, method, target, since: now() });
    // Not spread, here and wherever much happens: an object that is spread is ten times as large.
    this.source.tell({
      kind: 'call',
      at: Date.now(),
      session: this.session(),
      client,
      id,
      method,
      target,
      message,
      headers: post?.headers,
      isSerialized: this.isSerialized,
      peer: post?.peer,
    });
  }

  /** The call gets this answer of the backend. */
  answeredCall(message: JsonRpcMessage & { readonly id: RequestId }): void {
    if (this.#calls?.oldest(message.id) === undefined) return;
    const { outcome, code } = callOutcome(message);
    this.#callEnded(message.id, outcome, code, errorTextIn(message), message);
  }

  /** The call gets no answer of the backend. */
  unanswered(id: RequestId, outcome: CallOutcome, error: string | undefined): void {
    this.#callEnded(id, outcome, undefined, error, undefined);
  }

  cancelled(id: RequestId, reason: string | undefined): void {
    // It concerns all calls with this id.
    const call = this.#calls?.newest(id);
    if (call === undefined || call.isCancelled) return;
    call.isCancelled = true;
    const { client, method, target } = call;
    if (this.isWatched) this.#tell({ kind: 'call-cancelled', client, id, method, target, reason });
  }

  /** The backend sent a notification. @param calls those that progress may be of */
  notified(message: JsonRpcMessage, calls: Pick<Calls, 'withToken'>): void {
    if (!this.isWatched || message.method !== 'notifications/progress') return;
    const token = reportedTokenOf(message);
    const call = token === undefined ? undefined : calls.withToken(token)?.id;
    const { progress, total } = Object(message.params) as { readonly progress?: unknown; readonly total?: unknown };
    this.source.tell({
      kind: 'progress',
      at: Date.now(),
      session: this.session(),
      client: this.#client,
      call,
      progress: numberIn(progress),
      total: numberIn(total),
    });
  }

  asked(message: RequestMessage): void {
    if (!this.isWatched) return;
    const { id, method } = message;
    const target = targetOf(message);
    if (this.#questions?.oldest(id) !== undefined) this.unasked(id, 'The backend used the id for another question');
    (this.#questions ??= new Begun()).add(id, { client: this.#client, method, target, since: now() });
    this.source.tell({
      kind: 'question',
      at: Date.now(),
      session: this.session(),
      client: this.#client,
      id,
      method,
      target,
      message,
    });
  }

  /** The question has this answer. @param by the proxy, if it answers for a client that cannot */
  answered(message: JsonRpcMessage & { readonly id: RequestId }, by: 'client' | 'proxy'): void {
    this.#questionEnded(message.id, by, answerOutcome(message), errorTextIn(message), message);
  }

  /** The question could not be asked, or is not asked any more. */
  unasked(id: RequestId, why: string): void {
    this.#questionEnded(id, 'proxy', 'error', why, undefined);
  }

  /** The backend took the question back. */
  takenBack(id: RequestId): void {
    this.#questionEnded(id, 'backend', 'taken-back', undefined, undefined);
  }

  /** The event that says what became of a server-initiated message. */
  routed(event: RouteEvent): Routed {
    return ofRoute(event, this.session(), this.#client);
  }

  #callEnded(
    id: RequestId,
    outcome: CallOutcome,
    code: CallEnded['code'],
    error: CallEnded['error'],
    message: CallEnded['message'],
  ): void {
    const call = this.#calls?.end(id, outcome === 'refused' ? 'newest' : 'oldest');
    if (call === undefined || !this.isWatched) return;
    const { client, method, target, since } = call;
    this.source.tell({
      kind: 'call-ended',
      at: Date.now(),
      session: this.session(),
      client,
      id,
      method,
      target,
      durationMs: now() - since,
      outcome,
      code,
      error,
      message,
    });
  }

  #questionEnded(
    id: RequestId,
    by: Answered['by'],
    outcome: Answered['outcome'],
    error: Answered['error'],
    message: Answered['message'],
  ): void {
    const asked = this.#questions?.end(id);
    if (asked === undefined || !this.isWatched) return;
    const { method, target, since } = asked;
    this.source.tell({
      kind: 'answer',
      at: Date.now(),
      session: this.session(),
      client: this.#client,
      id,
      method,
      target,
      by,
      outcome,
      error,
      durationMs: now() - since,
      message,
    });
  }

  #tell(event: Untold<ProxyEvent> & { readonly client?: string | undefined }): void {
    this.source.tell({ at: Date.now(), session: this.session(), client: this.#client, ...event });
  }
}
