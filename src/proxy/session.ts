import { Subject, map, merge, type Observable } from 'rxjs';
import type { BackendSession, Claimed } from '../cluster/adoptable.js';
import { debug } from '../debug.js';
import { keepText } from '../original-text.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import type { RouteEvent } from '../interceptor/events.js';
import { guarded } from '../interceptor/guarded.js';
import { callbackFailed } from '../interceptor/report.js';
import { shownSession } from '../interceptor/session-prefix.js';
import type { Backchannel, RefusedAnswers } from '../interceptor/backchannel-view.js';
import { Adoptability } from './adoptability.js';
import type { PassedHeaders } from './client-transport.js';
import type { Credential } from './credential.js';
import { NOT_FOUND, type Answer } from './own-answers.js';
import { IdleTimer } from './idle-timer.js';
import { upstreamRequest, type Opener } from './opener.js';
import { Renewals } from './renewals.js';
import { Relay } from './relay.js';
import type { MessageExtra } from './request-info.js';
import { restoreDownstream } from './restore-downstream.js';
import { tellRefused } from './refused-questions.js';
import type { ProxySettings } from './settings.js';
import { endUnanswered } from './unanswered-end.js';
import type { EventSource } from './event-source.js';
import { SessionEvents } from './session-events.js';
import { carryIn } from './carry.js';
import type { Routed, SessionEnd } from '../proxy-events.js';
import type { StartKeeper } from './starts.js';
import { whenOver } from './session-over.js';

/** Clients know from this revision on that a stream may be closed before the answer. */
const POLLING_SINCE = '2025-11-25';

const LEFT = 'the client has ended it';
const AWAY = 'the client was away for too long';

/** The transport that faces the client of a session. */
export type Downstream = TransportLike & { readonly backchannel: Backchannel };

/** Connects one client with its own backend, until either of them leaves. */
export class Session {
  /** Set when the `initialize` request arrives. */
  id: string | undefined;
  /** The credential to which the session is bound. */
  credential: Credential;
  /** Aborted when client and backend are disconnected, or after a timeout. */
  readonly over: AbortController = new AbortController();
  readonly #relay: Relay;
  readonly #renewals: Renewals;
  readonly #idleTimer: IdleTimer;
  readonly #adoptability: Adoptability;
  readonly #events: SessionEvents;
  /** Events for the server requests that were refused before they reached the wrapper. */
  readonly refused$: Subject<RouteEvent> = new Subject<RouteEvent>();
  /** Resolves when the client's open requests are answered. */
  #answered: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    readonly downstream: Downstream,
    readonly opener: Opener,
    private readonly settings: ProxySettings,
    /** Called when the session ends. */
    private readonly onEnd: (ended: Promise<void>) => void,
    readonly report: (error: Error) => void,
    source: EventSource,
    starts?: StartKeeper,
  ) {
    this.credential = opener.credential;
    this.#events = new SessionEvents(source, () => this.id, opener.isOfModern === true, settings.serialize);
    this.#renewals = new Renewals(settings);
    this.#adoptability = new Adoptability(opener.isOfModern === true ? undefined : settings.adoptions, this);
    this.#idleTimer = new IdleTimer(settings.idleTimeoutMs, () => void this.end(AWAY, 'idle'));
    this.#relay = new Relay({
      client: downstream,
      makeTransport: (signal, adopted) => settings.upstream(upstreamRequest(opener, signal, adopted)),
      onInitialized: settings.adoptions && this.#adoptability.begin,
      starts,
      serialize: settings.serialize,
      maxInFlight: settings.maxInFlight,
      onStart: (pid) => {
        debug.proxy('backend of session %s started', this.name);
        this.#events.backendStarted(pid);
      },
      onPolled: this.#letPoll.bind(this),
      onQuestionRefused: (question, error) => tellRefused(this.refused$, this.id, question, error),
      onUnanswered: (id, hasOwnStream) => void endUnanswered(downstream, id, settings, hasOwnStream),
      onRefused: (reason) => void this.end(reason, 'refused'),
      onLost: (reason, isNews, how) => {
        if (this.#ended !== undefined) return;
        debug.proxy('backend of session %s lost: %s', this.name, reason);
        if (isNews) report(new Error(`session ${this.name} has ended: ${reason}`));
        this.#events.backendEnded(reason, how);
        void this.end(reason, 'backend');
      },
      report,
      events: this.#events,
      carry: carryIn(settings.carrier, () => this.id, report),
    });
    downstream.onmessage = (message: JsonRpcMessage, extra?: MessageExtra) => {
      keepText(message, extra?.text);
      this.#relay.fromClient(message, extra?.requestInfo);
    };
    downstream.onclose = () => void this.end(LEFT, 'client');
    downstream.onerror = (error) => {
      if (opener.isProbing === true && this.id === undefined) debug.proxy('a probe was refused: %s', error.message);
      else report(error);
    };
  }

  /** Reports what happened to each server-initiated message. */
  get routes$(): Observable<RouteEvent> {
    return guarded(merge(this.downstream.backchannel.routes$, this.refused$), (cause) => {
      this.report(callbackFailed('a subscriber of routes$', cause));
    });
  }

  /** The same, as events of the proxy. */
  get routed$(): Observable<Routed> {
    return this.routes$.pipe(map((event) => this.#events.routed(event)));
  }

  /** How another node can go on with the backend's session. `undefined`: it cannot. */
  get backendSession(): BackendSession | undefined {
    return this.#relay.backend.adoptable;
  }

  /** Another node has adopted the session. */
  lost(): void {
    void this.end('another node has adopted it', 'moved', true);
  }

  /** Goes on with a session whose node is gone. Rejects if that cannot be. */
  async restore(claimed: Claimed): Promise<void> {
    const { initialize, result } = claimed.session;
    await this.#relay.restore(claimed.session);
    await restoreDownstream(this.downstream, claimed.session);
    this.#events.opened(initialize);
    this.#adoptability.begin(initialize, result, (live) => claimed.keep(live));
  }

  /** Ends the session here. If another node can go on with it, the backend does not hear of it. */
  letGo(reason: string, by: SessionEnd): Promise<void> {
    return this.end(reason, by, this.#ended === undefined && this.#adoptability.letGo());
  }

  /** A name for logs. The full id must stay secret, since it gives access to the session. */
  get name(): string {
    return this.id === undefined ? 'without an id' : shownSession(this.id);
  }

  /** The version that client and backend agreed on. */
  get protocolVersion(): string | undefined {
    return this.#relay.protocolVersion;
  }

  /** Closes the stream of a call, as the backend did. A client that can resume it reconnects to get the answer. */
  #letPoll(id: RequestId): void {
    const canResume = this.settings.eventStore !== undefined && (this.protocolVersion ?? '') >= POLLING_SINCE;
    if (canResume) (this.downstream as { closeSSEStream?(id: RequestId): void }).closeSSEStream?.(id);
  }

  /** Whether the client has yet to answer a server request. */
  get awaitsAnswer(): boolean {
    return !this.#relay.questions.areNone;
  }

  /** The client's answers to these server requests were refused. */
  answersRefused(ids: readonly RequestId[]): void {
    const meant = ids.map((id) => this.#relay.questions.meantBy(id));
    (this.downstream.backchannel as Backchannel & RefusedAnswers).answersRefused(meant);
  }

  /** An HTTP request of the client is being answered. */
  connected(): void {
    this.#idleTimer.connected();
  }

  /** An HTTP request is over. A session that still has no id by then is ended. */
  disconnected(): void {
    if (this.#ended !== undefined) return;
    this.#idleTimer.disconnected();
    if (this.id === undefined) void this.end('no session was initialized', 'idle');
    // Nobody can receive the answer to `initialize` any more, and without it the session is useless.
    else if (this.#idleTimer.isAway && this.#relay.isInitializing && this.settings.eventStore === undefined)
      void this.end('the client went away before it was initialized', 'idle');
  }

  /** Whether the client left before the backend was initialized. It may come back for the answer or start again. */
  get isLeftStarting(): boolean {
    return this.#ended === undefined && this.#idleTimer.isAway && this.#relay.isInitializing;
  }

  /** Binds the session to a newer token if the backend accepts it. @returns the session, or the answer that refuses it */
  async renew(credential: Credential, passed: PassedHeaders): Promise<Session | Answer> {
    const { backend } = this.#relay;
    const refusal = await this.#renewals.refusalOf(credential, passed, backend);
    if (refusal !== undefined) return refusal;
    if (this.#ended !== undefined) return NOT_FOUND;
    debug.proxy('session %s is bound to another token', this.name);
    this.credential = credential;
    this.#renewals.use(passed, backend);
    return this;
  }

  /** Refuses all requests with this reason. */
  refuse(reason: string): void {
    this.#relay.refuse(reason);
  }

  /** Refuses new calls. Resolves when the calls in flight are answered. */
  drain(): Promise<void> {
    this.#relay.refuse('The proxy is shutting down and takes no more requests');
    return this.#relay.drained();
  }

  /**
   * Ends the session. Requests that the client still waits for are answered with an error that names the reason.
   * Resolves when client and backend are disconnected, or after a timeout.
   */
  end(reason: string, by: SessionEnd, isBackendLost: boolean = by === 'backend'): Promise<void> {
    if (this.#ended !== undefined) return this.#ended;
    debug.proxy('session %s ended: %s', this.name, reason);
    this.#idleTimer.stop();
    this.#relay.stop();
    // Now, because the client's next attempt may already be here.
    if (!isBackendLost) this.#relay.backend.leave();
    // Later, because closing a transport calls back: `#ended` must be set first.
    this.#answered = Promise.resolve().then(() => {
      const answered = this.#relay.answerPending(reason);
      this.#events.ended(reason, by);
      return answered;
    });
    const disconnected = [
      this.#answered.then(() => this.downstream.close()),
      this.#answered.then(() => this.#relay.backend.close(isBackendLost)),
    ];
    this.#ended = this.#adoptability.end(whenOver(Promise.all(disconnected), this));
    this.onEnd(this.#ended);
    return this.#ended;
  }

  /** The client ends the session. Resolves when its open requests are answered. */
  async leave(): Promise<void> {
    void this.end(LEFT, 'client');
    await this.#answered;
  }
}
