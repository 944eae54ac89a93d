import { now } from '../clock.js';
import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import { Ledgers } from '../routing/ledgers.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { KnownStreams } from '../routing/hints.js';
import type { OwnStreams } from '../streams/client-streams.js';
import type { ParkingFailure } from '../streams/parking.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { AnswerForClient } from './answer-for-client.js';
import { BackchannelView, type Backchannel } from './backchannel-view.js';
import { ConnectionCheck } from './connection-check.js';
import { Delivery } from './delivery.js';
import { Departure, NOT_TIMED, type Decision, type ParkedMessage } from './departure.js';
import type { Interceptor } from './facade.js';
import { Lifecycle, type LifecycleOwner } from './lifecycle.js';
import { Liveness, type LivenessOwner } from './liveness.js';
import { Observables } from './observables.js';
import { originOn, takeOriginSaid } from './origin.js';
import { receive, send } from './pipeline.js';
import { internalError, stalled } from './refusals.js';
import { reportTo, type Report } from './report.js';
import { RouteLog } from './route-log.js';
import type { ReceivingTransport } from './wrapped-transport.js';
import { WriteOrder } from './write-order.js';

/** How long a write may take. It is longer than any working event store needs, so that no order is given up for one. */
const STALL_TIMEOUT_MS = 30_000;

const METHODS = ['start', 'send', 'close'] as const;
const HTTP_METHODS = [...METHODS, 'handleRequest'] as const;
const PROPERTIES = ['onmessage', 'onclose', 'backchannel'] as const;

const ONE_STREAM: KnownStreams = { standalone: 'assumed', requests: 'open' };

/**
 * The wrapper around the transport that faces the client. To its user it is the transport's methods and callbacks, to
 * the pipeline it is the transport that a message came in on or leaves by.
 */
export class Downstream implements Interceptor, LifecycleOwner, LivenessOwner, ReceivingTransport {
  /** Not the wrapper itself: async contexts live on, and must not keep a closed transport in memory. */
  readonly identity: object = {};
  readonly report: Report;
  /** A new one for each life. */
  ledgers: Ledgers = new Ledgers(this.identity);
  readonly #observables: Observables;
  readonly #log: RouteLog;
  readonly #order: WriteOrder;
  /** Only a transport with one stream per request has streams to choose from, and an order to keep on each. */
  readonly #liveness: Liveness | undefined;
  readonly #delivery: Delivery;
  readonly #lifecycle: Lifecycle;
  /** Of HTTP transports only: through others no request can come in past the wrapper. */
  readonly #check: ConnectionCheck | undefined;
  /** A new one for each life. Most need none. */
  #answerForClient: AnswerForClient | undefined;
  #view: BackchannelView | undefined;
  #onmessage: MessageHandler | undefined;

  /** @param own the streams of a transport that knows them. Those of any other transport are watched */
  constructor(
    private readonly inner: TransportLike,
    readonly settings: Settings,
    own?: OwnStreams,
  ) {
    // Nobody can be connected to the transport inside of ours.
    const isForeignHttp = own === undefined && 'handleRequest' in inner;
    this.report = reportTo(inner);
    this.#observables = new Observables(this.report, inner);
    this.#log = new RouteLog(this.#observables, inner);
    const hasStreams = own !== undefined || 'handleRequest' in inner;
    this.#liveness = hasStreams ? new Liveness(inner, this, own) : undefined;
    this.#order = new WriteOrder(STALL_TIMEOUT_MS, stalled, this.#liveness);
    this.#delivery = new Delivery(inner, this.#order, this.#liveness, this.#log, isForeignHttp ? 'silently' : 'loudly');
    this.#lifecycle = new Lifecycle(inner, this);
    // A callback that was set before wrapping stays set.
    if (inner.onmessage !== undefined) this.onmessage = inner.onmessage;
    this.#check = isForeignHttp ? new ConnectionCheck() : undefined;
  }

  // ---- what the façade shows ----

  get methods(): readonly string[] {
    return this.#liveness === undefined ? METHODS : HTTP_METHODS;
  }

  get properties(): readonly string[] {
    return PROPERTIES;
  }

  start(): Promise<void> {
    this.#check?.connected();
    return this.#lifecycle.start();
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  get onclose(): (() => void) | undefined {
    return this.#lifecycle.onclose;
  }

  set onclose(callback: (() => void) | undefined) {
    this.#lifecycle.onclose = callback;
  }

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#check?.connected();
    this.#onmessage = handler;
    // Not before somebody listens: a transport may queue incoming messages until then.
    this.inner.onmessage =
      handler &&
      ((message: JsonRpcMessage, extra?: unknown) => {
        this.#receive(message, extra);
      });
  }

  /** Of HTTP transports only: see `methods`. */
  handleRequest(...args: unknown[]): unknown {
    this.#check?.requestCame(this.inner.onmessage !== undefined);
    const { handleRequest } = this.inner as unknown as { handleRequest: (...args: unknown[]) => unknown };
    const call = (): unknown => Reflect.apply(handleRequest, this.inner, args);
    return this.#liveness === undefined ? call() : this.#liveness.handleRequest(call, args);
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.#check?.connected();
    const origin = this.settings.attribution === 'context' ? originOn(this.identity) : undefined;
    return this.#sendOnBehalfOf(origin, message, options);
  }

  get backchannel(): Backchannel {
    return (this.#view ??= new BackchannelView(this.#observables, () => ({
      ledgers: this.ledgers,
      sessionId: (this.inner as { readonly sessionId?: string }).sessionId,
      parked: this.#liveness?.parked ?? 0,
      answersRefused: (ids) => {
        if (this.#lifecycle.isOpen) this.answerForClient.answerRefused(ids);
      },
    })));
  }

  // ---- from one life to the next ----

  begun(): void {
    // The proxy that connects next may use the same request ids again.
    this.#answerForClient = undefined;
    this.ledgers = new Ledgers(this.identity);
  }

  ended(): void {
    this.ledgers.close();
    this.#order.close(new BackchannelError('CLOSED', 'the message was not sent: the transport was closed first.'));
    this.#liveness?.close();
    this.#check?.stop();
    this.#observables.complete();
  }

  // ---- client to server ----

  #receive(message: JsonRpcMessage, extra: unknown): void {
    // A transport may reconnect without calling anybody: a message shows that it is back.
    this.#lifecycle.begin();
    this.#observables.inbound(message, extra);
    if (this.#answerForClient?.dropsLate(message) !== true) receive(this, message, extra);
  }

  arrived(entry: InFlight): void {
    this.#liveness?.arrived(entry);
  }

  handOver(message: JsonRpcMessage, extra: unknown): void {
    this.#onmessage?.(message, extra);
  }

  handlerFailed(entry: InFlight): void {
    // On behalf of the request: if there are several sessions, the id alone may not tell which one is meant.
    this.#sendOnBehalfOf(entry, internalError(entry.id)).catch((cause: unknown) => {
      debug.error('could not answer %s %o: %o', entry.method, entry.id, cause);
    });
  }

  // ---- server to client ----

  get answerForClient(): AnswerForClient {
    return (this.#answerForClient ??= new AnswerForClient(this, this.#log));
  }

  get streams(): KnownStreams {
    return this.#liveness?.streams ?? ONE_STREAM;
  }

  get opensNoStandalone(): boolean {
    return this.#liveness?.opensNoStandalone === true;
  }

  #sendOnBehalfOf(origin: InFlight | undefined, message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.#observables.outbound(message, options);
    // The time is not needed if nothing waits and nobody observes.
    const since = this.#liveness === undefined && !this.#log.isWatched ? NOT_TIMED : now();
    const isSaid = origin !== undefined && takeOriginSaid(message.method);
    const departure = new Departure(this, message, options, origin, isSaid, since);
    this.depart(departure);
    return departure.settled ?? Promise.resolve();
  }

  depart(departure: Departure): void {
    if (this.#lifecycle.isOpen) send(departure);
    else this.#delivery.afterClose(departure);
  }

  deliver(decision: Decision): void {
    this.#delivery.deliver(decision);
  }

  retry(message: ParkedMessage): void {
    // A message that was retried before this one may have closed the transport.
    if (this.#lifecycle.isOpen) send(message.departure);
    else this.giveUp(message, 'CLOSED');
  }

  giveUp(message: ParkedMessage, failure: ParkingFailure): void {
    this.#delivery.giveUp(message, failure);
  }
}
