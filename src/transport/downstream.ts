import { now } from '../clock.js';
import { debug } from '../debug.js';
import type { ParkingFailure } from '../http/parking.js';
import { BackchannelError } from '../errors.js';
import { Recent } from '../recent.js';
import { answerFor, neverResumed, orphaned, stalled, tooLate } from './refusals.js';
import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import { Sessions } from '../routing/sessions.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { Delivery, type DeliveryOwner } from './delivery.js';
import { Departure, NOT_TIMED, type Decision } from './departure.js';
import type { Interceptor } from './facade.js';
import { Liveness, type Asked, type LivenessOwner } from './liveness.js';
import { originOn } from './origin.js';
import type { ParkedMessage } from './parked-message.js';
import { receive, send } from './pipeline.js';
import { callbackFailed, reportTo, type Report } from './report.js';
import { RouteLog } from './route-log.js';
import type { Surroundings } from './surroundings.js';
import { Taps } from './taps.js';
import { BackchannelView, type Backchannel } from './view.js';
import { WriteOrder, attempt } from './write-order.js';

/** JSON-RPC's "internal error". */
const INTERNAL_ERROR = -32603;

/** How long a write may take: longer than any event store that works, so that order is never given up for one. */
const STALL_TIMEOUT_MS = 30_000;

const METHODS = ['start', 'send', 'close'] as const;
const HTTP_METHODS = [...METHODS, 'handleRequest'] as const;
const PROPERTIES = ['onmessage', 'onclose', 'backchannel'] as const;

const ONE_STREAM: Streams = { standalone: 'assumed', requests: 'open' };

/** What there is to read of a message, unless it throws when it is read: then it is passed on as it is. */
function readable<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * The wrapper around the transport that faces the client: its life, its callbacks, its messages.
 * A transport may be started again after it was closed; what is in flight in one life is in `sessions`.
 */
export class Downstream implements Interceptor, Surroundings, DeliveryOwner, LivenessOwner {
  readonly methods: readonly string[];
  readonly properties: readonly string[] = PROPERTIES;

  /** Not the wrapper itself: async contexts live on, and must not keep a closed transport in memory. */
  readonly identity: object = {};
  readonly report: Report;
  readonly #taps: Taps;
  readonly #log: RouteLog;
  readonly #order: WriteOrder;
  readonly #liveness: Liveness | undefined;
  readonly #delivery: Delivery;
  #sessions: Sessions;
  #view: BackchannelView | undefined;
  #onmessage: MessageHandler | undefined;
  #onclose: (() => void) | undefined;
  #isOpen = true;
  /** `close()` was called, and the inner transport has not called back yet: it may, long after it has closed. */
  #owesOnclose = false;
  #closing: Promise<void> | undefined;
  /** How often it was started again after it had closed. */
  #restarts = 0;
  /** Requests that were answered in the client's place. */
  #answered = new Recent<RequestId>();

  constructor(
    private readonly inner: TransportLike,
    readonly settings: Settings,
  ) {
    this.report = reportTo(inner);
    this.#taps = new Taps(this.report);
    this.#order = new WriteOrder(STALL_TIMEOUT_MS, stalled);
    this.#log = new RouteLog(this.#taps, inner);

    this.#sessions = new Sessions(this.identity);

    // Only a transport with a stream per request chooses one, and has an order to keep on each.
    const hasStreams = 'handleRequest' in inner;
    this.methods = hasStreams ? HTTP_METHODS : METHODS;
    this.#liveness = hasStreams ? new Liveness(inner, this.identity, settings, this) : undefined;
    this.#delivery = new Delivery(inner, this, this.#order, this.#liveness, this.#log);

    // What was set before wrapping stays set; from now on the inner transport calls us.
    this.#onclose = inner.onclose;
    inner.onclose = () => {
      this.#ended();
    };
    if (inner.onmessage !== undefined) this.onmessage = inner.onmessage;
  }

  get backchannel(): Backchannel {
    return (this.#view ??= new BackchannelView(this.#taps, () => ({
      sessions: this.#sessions,
      sessionId: (this.inner as { readonly sessionId?: string }).sessionId,
      parked: this.#liveness?.parked ?? 0,
    })));
  }

  // ---- life ----

  start(): Promise<void> {
    // Not in #begin: what a transport still delivers while it closes is no new beginning.
    if (!this.#isOpen) this.#restarts += 1;
    this.#begin();
    return this.inner.start();
  }

  /** Idempotent. Settles everything that is pending before `onclose` is called. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const restarts = this.#restarts;
    if (this.#isOpen) this.#owesOnclose = true;
    const closing = attempt(() => this.inner.close()).then(
      () => {
        // A transport that does not call back when it has closed is closed all the same.
        if (this.#restarts === restarts) this.#settle();
      },
      (error: unknown) => {
        // Whatever state the transport is in, nobody is to wait for it.
        if (this.#restarts === restarts) {
          this.#settle();
          this.#closing = undefined;
        }
        throw error;
      },
    );
    // Its `onclose` may have started the next life, which is not closing.
    if (this.#restarts === restarts) this.#closing = closing;
    return closing;
  }

  get onclose(): (() => void) | undefined {
    return this.#onclose;
  }

  set onclose(callback: (() => void) | undefined) {
    this.#onclose = callback;
  }

  #begin(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#closing = undefined;
    // Who connects next counts its questions from the beginning.
    this.#answered = new Recent();
    this.#sessions = new Sessions(this.identity);
  }

  /** The inner transport has closed. Some say so twice. */
  #ended(): void {
    if (!this.#isOpen && !this.#owesOnclose) return;
    this.#owesOnclose = false;
    this.#settle();
    this.#call('onclose', () => this.#onclose?.());
  }

  #settle(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sessions.close();
    this.#order.close(new BackchannelError('CLOSED', 'the message was not sent: the transport was closed meanwhile.'));
    this.#liveness?.close();
    this.#taps.complete();
  }

  /** Calls the user's code. What it throws stays here. */
  #call(name: string, callback: () => void): void {
    try {
      callback();
    } catch (cause) {
      this.report(callbackFailed(name, cause));
    }
  }

  // ---- client to server ----

  /** Of HTTP transports only: see `methods`. */
  handleRequest(...args: unknown[]): unknown {
    const { handleRequest } = this.inner as unknown as { handleRequest: (...args: unknown[]) => unknown };
    const call = handleRequest.bind(this.inner);
    return this.#liveness === undefined ? call(...args) : this.#liveness.handleRequest(call, args);
  }

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#onmessage = handler;
    // Not before somebody listens: a transport may queue what comes in until then.
    this.inner.onmessage =
      handler &&
      ((message: JsonRpcMessage, extra?: unknown) => {
        this.#receive(message, extra);
      });
  }

  #receive(message: JsonRpcMessage, extra: unknown): void {
    // A transport that reconnects by itself does so without a word: a message says it is back.
    this.#begin();
    this.#taps.inbound(message, extra);
    const late = this.#answered.isEmpty ? undefined : readable(() => this.#lateAnswer(message));
    if (late === undefined) receive(this, message, extra);
    else this.report(tooLate(late));
  }

  /** The id of an answer to what was answered in the client's place. */
  #lateAnswer(message: JsonRpcMessage): RequestId | undefined {
    return isResponse(message) && this.#answered.delete(message.id) ? message.id : undefined;
  }

  arrived(entry: InFlight): void {
    this.#liveness?.arrived(entry);
  }

  handOver(message: JsonRpcMessage, extra: unknown): void {
    this.#onmessage?.(message, extra);
  }

  /** Answers in the place of a handler that threw: the client would wait for ever. */
  failed(entry: InFlight): void {
    const error = { code: INTERNAL_ERROR, message: 'Internal error' };
    // On its behalf: where there are several sessions, its id alone may not say which is meant.
    this.#sendOnBehalfOf(entry, { jsonrpc: '2.0', id: entry.id, error }).catch((cause: unknown) => {
      debug.error('could not answer %s %o: %o', entry.method, entry.id, cause);
    });
  }

  /** Answers what a client that is gone has left open, or one request of that. */
  abandon(only: Asked | undefined): void {
    for (const { exchange, ledger } of [...this.#sessions.exchanges()]) {
      const { id } = exchange;
      if (only !== undefined && (id !== only.id || ledger !== only.ledger)) continue;
      const errorOf = only === undefined ? orphaned : neverResumed;
      const error = errorOf(id, exchange.method, this.settings.orphanTimeoutMs);
      this.#log.orphaned(exchange, ledger, error);
      // Where there are several sessions, another may have asked with the same id, and its answer must come through.
      if (this.settings.sessionOf === undefined) this.#answered.add(id);
      ledger.closeExchange(id);
      this.#sessions.prune(ledger);
      // Not by way of the pipeline: nothing came along by which `sessionOf` could name the session.
      this.#call('onmessage', () => {
        this.handOver(answerFor(id, error), undefined);
      });
    }
  }

  // ---- server to client ----

  get sessions(): Sessions {
    return this.#sessions;
  }

  get openExchanges(): number {
    return this.#sessions.openExchanges;
  }

  get streams(): Streams {
    return this.#liveness?.streams ?? ONE_STREAM;
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    const origin = this.settings.attribution === 'context' ? originOn(this.identity) : undefined;
    return this.#sendOnBehalfOf(origin, message, options);
  }

  #sendOnBehalfOf(origin: InFlight | undefined, message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.#taps.outbound(message, options);
    // Nobody asks for the time where nothing waits and nobody watches.
    const since = this.#liveness === undefined && !this.#log.isWatched ? NOT_TIMED : now();
    const departure = new Departure(this, message, options, origin, since);
    this.depart(departure);
    return departure.settled ?? Promise.resolve();
  }

  depart(departure: Departure): void {
    if (this.#isOpen) send(departure);
    else this.#delivery.afterClose(departure);
  }

  /** Sends what has waited, unless what left before it has closed the transport. */
  retry(message: ParkedMessage): void {
    if (this.#isOpen) send(message.departure);
    else this.giveUp(message, 'CLOSED');
  }

  giveUp(message: ParkedMessage, failure: ParkingFailure): void {
    this.#delivery.giveUp(message, failure);
  }

  deliver(decision: Decision): void {
    this.#delivery.deliver(decision);
  }
}
