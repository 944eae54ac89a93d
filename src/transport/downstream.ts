import { now } from '../clock.js';
import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import { answerFor, orphaned } from './refusals.js';
import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { Delivery } from './delivery.js';
import type { Interceptor } from './facade.js';
import { Liveness } from './liveness.js';
import { originOn } from './origin.js';
import { Pipeline, type Decision, type Departure, type Surroundings } from './pipeline.js';
import { reportTo, type Report } from './report.js';
import { RouteLog } from './route-log.js';
import { Taps } from './taps.js';
import { BackchannelView, type Backchannel } from './view.js';
import { WriteOrder, attempt } from './write-order.js';

/** JSON-RPC's "internal error". */
const INTERNAL_ERROR = -32603;

const ONE_STREAM: Streams = { standalone: 'assumed', requests: 'open' };

/**
 * The wrapper around the transport that faces the client: its life, its callbacks, its messages.
 * A transport may be started again after it was closed; what belongs to one life is in `#pipeline`.
 */
export class Downstream implements Interceptor, Surroundings {
  readonly methods: readonly string[];
  readonly properties: readonly string[] = ['onmessage', 'onclose', 'backchannel'];

  readonly report: Report;
  readonly #taps: Taps;
  readonly #log: RouteLog;
  readonly #order = new WriteOrder();
  readonly #liveness: Liveness | undefined;
  readonly #delivery: Delivery;
  #pipeline: Pipeline;
  #view: BackchannelView | undefined;
  #onmessage: MessageHandler | undefined;
  #onclose: (() => void) | undefined;
  #isOpen = true;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly inner: TransportLike,
    readonly settings: Settings,
  ) {
    this.report = reportTo(inner);
    this.#taps = new Taps(this.report);
    this.#log = new RouteLog(this.#taps, inner);

    // Only a transport with a stream per request chooses one, and has an order to keep on each.
    if ('handleRequest' in inner) {
      this.#liveness = new Liveness(this, settings, {
        retry: ({ departure }) => this.#pipeline.send(departure),
        giveUp: (message, failure) => this.#delivery.giveUp(message, failure),
        openExchanges: () => this.#pipeline.sessions.openExchanges,
        abandon: () => this.#abandon(),
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
      report: this.report,
      asked: () => this.#liveness?.questionAsked(),
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
    this.#pipeline.receive(message, extra);
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
    this.send({ jsonrpc: '2.0', id: entry.id, error }).catch((cause: unknown) => {
      debug.error('could not answer %s %o: %o', entry.method, entry.id, cause);
    });
  }

  /** Answers what a client that is gone has left open. */
  #abandon(): void {
    for (const { id, exchange, ledger } of [...this.#pipeline.sessions.exchanges()]) {
      const error = orphaned(id, exchange.method, this.settings.orphanTimeoutMs);
      this.#log.orphaned(id, exchange, ledger, error);
      this.#pipeline.receive(answerFor(id, error), undefined);
    }
  }

  // ---- server to client ----

  get streams(): Streams {
    return this.#liveness?.streams ?? ONE_STREAM;
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.#taps.outbound({ message, options });
    const origin = this.settings.attribution === 'context' ? originOn(this) : undefined;
    const departure: Departure = { message, options, origin, since: now(), settled: undefined, parked: undefined };
    this.#pipeline.send(departure);
    if (departure.settled === undefined) this.#delivery.afterClose(departure);
    return departure.settled ?? Promise.resolve();
  }

  deliver(decision: Decision): void {
    this.#delivery.deliver(decision);
  }
}
