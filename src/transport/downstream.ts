import { now } from '../clock.js';
import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import { RecentIds } from './recent-ids.js';
import { answerFor, orphaned, stalled, tooLate } from './refusals.js';
import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import { isResponse, type JsonRpcMessage } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { Delivery } from './delivery.js';
import type { Interceptor } from './facade.js';
import { Liveness, type Asked } from './liveness.js';
import { originOn } from './origin.js';
import type { ParkedMessage } from './parked-message.js';
import { Pipeline, type Decision, type Departure, type Surroundings } from './pipeline.js';
import { reportTo, type Report } from './report.js';
import { RouteLog } from './route-log.js';
import { Taps } from './taps.js';
import { BackchannelView, type Backchannel } from './view.js';
import { WriteOrder, attempt } from './write-order.js';

/** JSON-RPC's "internal error". */
const INTERNAL_ERROR = -32603;

/** How long a write may take: longer than any event store that works, so that order is never given up for one. */
const STALL_TIMEOUT_MS = 30_000;

const ONE_STREAM: Streams = { standalone: 'assumed', requests: 'open' };

/**
 * The wrapper around the transport that faces the client: its life, its callbacks, its messages.
 * A transport may be started again after it was closed; what belongs to one life is in `#pipeline`.
 */
export class Downstream implements Interceptor, Surroundings {
  readonly methods: readonly string[];
  readonly properties: readonly string[] = ['onmessage', 'onclose', 'backchannel'];

  /** Not the wrapper itself: async contexts live on, and must not keep a closed transport in memory. */
  readonly identity: object = {};
  readonly report: Report;
  readonly #taps: Taps;
  readonly #log: RouteLog;
  readonly #order: WriteOrder;
  readonly #liveness: Liveness | undefined;
  readonly #delivery: Delivery;
  #pipeline: Pipeline;
  #view: BackchannelView | undefined;
  #onmessage: MessageHandler | undefined;
  #onclose: (() => void) | undefined;
  #isOpen = true;
  #closing: Promise<void> | undefined;
  /** Requests that were answered in the client's place. */
  #answered = new RecentIds();

  constructor(
    private readonly inner: TransportLike,
    readonly settings: Settings,
  ) {
    this.report = reportTo(inner);
    this.#taps = new Taps(this.report);
    this.#order = new WriteOrder(STALL_TIMEOUT_MS, stalled);
    this.#log = new RouteLog(this.#taps, inner);

    // Only a transport with a stream per request chooses one, and has an order to keep on each.
    if ('handleRequest' in inner) {
      this.#liveness = new Liveness(this.identity, settings, {
        retry: (message) => this.#retry(message),
        giveUp: (message, failure) => this.#delivery.giveUp(message, failure),
        openExchanges: () => this.#pipeline.sessions.openExchanges,
        abandon: (only) => this.#abandon(only),
      });
    }
    this.methods =
      this.#liveness === undefined ? ['start', 'send', 'close'] : ['start', 'send', 'close', 'handleRequest'];
    this.#delivery = new Delivery({
      inner,
      settings,
      log: this.#log,
      order: this.#order,
      hasStreams: this.#liveness !== undefined,
      parking: this.#liveness?.parking,
      standaloneIsClosed: () => this.streams.standalone === 'closed',
      standaloneIsStored: () => this.#liveness?.standaloneIsStored === true,
      report: this.report,
      asked: (id, entry) => this.#liveness?.questionAsked(id, entry),
      again: (departure) => this.#route(departure),
    });
    this.#pipeline = new Pipeline(this);

    // What was set before wrapping stays set; from now on the inner transport calls us.
    this.#onclose = inner.onclose;
    inner.onclose = () => {
      this.#ended();
    };
    if (inner.onmessage !== undefined) this.onmessage = inner.onmessage;
  }

  get backchannel(): Backchannel {
    return (this.#view ??= new BackchannelView(this.#taps, () => ({
      sessions: this.#pipeline.sessions,
      sessionId: (this.inner as { readonly sessionId?: string }).sessionId,
      parked: this.#liveness?.parking.size ?? 0,
    })));
  }

  // ---- life ----

  start(): Promise<void> {
    this.#begin();
    return this.inner.start();
  }

  /** Idempotent. Settles everything that is pending before `onclose` is called. */
  close(): Promise<void> {
    this.#closing ??= attempt(() => this.inner.close()).then(
      () => {
        // A transport that does not call back when it has closed is closed all the same.
        this.#settle();
      },
      (error: unknown) => {
        // Whatever state the transport is in, nobody is to wait for it.
        this.#settle();
        this.#closing = undefined;
        throw error;
      },
    );
    return this.#closing;
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
    this.#answered = new RecentIds();
    this.#pipeline = new Pipeline(this);
  }

  /** The inner transport has closed. Some say so twice. */
  #ended(): void {
    if (!this.#isOpen) return;
    this.#settle();
    this.#onclose?.();
  }

  #settle(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pipeline.close();
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
    this.#taps.inbound({ message, extra });
    if (isResponse(message) && this.#answered.delete(message.id)) this.report(tooLate(message.id));
    else this.#pipeline.receive(message, extra);
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
    this.#depart({ jsonrpc: '2.0', id: entry.id, error }, undefined, entry).catch((cause: unknown) => {
      debug.error('could not answer %s %o: %o', entry.method, entry.id, cause);
    });
  }

  /** Answers what a client that is gone has left open, or one request of that. */
  #abandon(only: Asked | undefined): void {
    for (const { id, exchange, ledger } of [...this.#pipeline.sessions.exchanges()]) {
      if (only !== undefined && (id !== only.id || ledger !== only.ledger)) continue;
      const error = orphaned(id, exchange.method, this.settings.orphanTimeoutMs);
      this.#log.orphaned(id, exchange, ledger, error);
      // Where there are several sessions, another may have asked with the same id, and its answer must come through.
      if (this.settings.sessionOf === undefined) this.#answered.add(id);
      // Nothing came along by which `sessionOf` could name the session.
      ledger.closeExchange(id);
      this.#pipeline.sessions.prune(ledger);
      this.#pipeline.receive(answerFor(id, error), undefined);
    }
  }

  // ---- server to client ----

  get streams(): Streams {
    return this.#liveness?.streams ?? ONE_STREAM;
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    return this.#depart(
      message,
      options,
      this.settings.attribution === 'context' ? originOn(this.identity) : undefined,
    );
  }

  #depart(message: JsonRpcMessage, options: SendOptions | undefined, origin: InFlight | undefined): Promise<void> {
    this.#taps.outbound({ message, options });
    const departure: Departure = { message, options, origin, since: now(), settled: undefined, parked: undefined };
    this.#route(departure);
    return departure.settled ?? Promise.resolve();
  }

  #route(departure: Departure): void {
    this.#pipeline.send(departure);
    // The pipeline takes nothing any more once it has ended.
    if (departure.settled === undefined) this.#delivery.afterClose(departure);
  }

  /** Sends what has waited, unless what left before it has closed the transport. */
  #retry(message: ParkedMessage): void {
    if (this.#isOpen) this.#pipeline.send(message.departure);
    else this.#delivery.giveUp(message, 'CLOSED');
  }

  deliver(decision: Decision): void {
    this.#delivery.deliver(decision);
  }
}
