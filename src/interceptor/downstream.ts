import { now } from '../clock.js';
import type { ParkingFailure } from '../streams/parking.js';
import { BackchannelError } from '../errors.js';
import { stalled } from './refusals.js';
import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import { Sessions } from '../routing/ledgers.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { Delivery, type DeliveryOwner } from './delivery.js';
import { Departure, NOT_TIMED, type Decision } from './departure.js';
import type { Interceptor } from './facade.js';
import { Liveness, type LivenessOwner } from './liveness.js';
import { originOn } from './origin.js';
import type { ParkedMessage } from './parked-message.js';
import { receive, send } from './pipeline.js';
import { callbackFailed, reportTo, type Report } from './report.js';
import { RouteLog } from './route-log.js';
import { StandIn, type StandInOwner } from './answer-for-client.js';
import type { Surroundings } from './wrapped-transport.js';
import { Taps } from './observables.js';
import { BackchannelView, type Backchannel } from './backchannel-view.js';
import { WriteOrder, attempt } from './write-order.js';

/** How long a write may take: longer than any event store that works, so that order is never given up for one. */
const STALL_TIMEOUT_MS = 30_000;

const METHODS = ['start', 'send', 'close'] as const;
const HTTP_METHODS = [...METHODS, 'handleRequest'] as const;
const PROPERTIES = ['onmessage', 'onclose', 'backchannel'] as const;

const ONE_STREAM: Streams = { standalone: 'assumed', requests: 'open' };

/**
 * The wrapper around the transport that faces the client: its life, its callbacks, its messages.
 * A transport may be started again after it was closed; what is in flight in one life is in `sessions`.
 */
export class Downstream implements Interceptor, Surroundings, DeliveryOwner, LivenessOwner, StandInOwner {
  readonly methods: readonly string[];
  readonly properties: readonly string[] = PROPERTIES;

  /** Not the wrapper itself: async contexts live on, and must not keep a closed transport in memory. */
  readonly identity: object = {};
  readonly report: Report;
  readonly standIn: StandIn;
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

  constructor(
    private readonly inner: TransportLike,
    readonly settings: Settings,
  ) {
    this.report = reportTo(inner);
    this.#taps = new Taps(this.report);
    this.#log = new RouteLog(this.#taps, inner);
    this.standIn = new StandIn(this, this.#log);

    this.#sessions = new Sessions(this.identity);

    // Only a transport with a stream per request chooses one, and has an order to keep on each.
    const hasStreams = 'handleRequest' in inner;
    this.methods = hasStreams ? HTTP_METHODS : METHODS;
    this.#liveness = hasStreams ? new Liveness(inner, this.identity, settings, this) : undefined;
    this.#order = new WriteOrder(STALL_TIMEOUT_MS, stalled, this.#liveness);
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
    this.standIn.begin();
    this.#sessions = new Sessions(this.identity);
  }

  /** The inner transport has closed. Some say so twice. */
  #ended(): void {
    if (!this.#isOpen && !this.#owesOnclose) return;
    this.#owesOnclose = false;
    this.#settle();
    // The user's code: what it throws stays here.
    try {
      this.#onclose?.();
    } catch (cause) {
      this.report(callbackFailed('onclose', cause));
    }
  }

  #settle(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sessions.close();
    this.#order.close(new BackchannelError('CLOSED', 'the message was not sent: the transport was closed meanwhile.'));
    this.#liveness?.close();
    this.#taps.complete();
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
    if (!this.standIn.dropsLate(message)) receive(this, message, extra);
  }

  arrived(entry: InFlight): void {
    this.#liveness?.arrived(entry);
  }

  handOver(message: JsonRpcMessage, extra: unknown): void {
    this.#onmessage?.(message, extra);
  }

  failed(entry: InFlight): void {
    this.standIn.failed(entry);
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
    return this.sendOnBehalfOf(origin, message, options);
  }

  sendOnBehalfOf(origin: InFlight | undefined, message: JsonRpcMessage, options?: SendOptions): Promise<void> {
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
