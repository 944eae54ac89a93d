import { now } from '../clock.js';
import { BackchannelError } from '../errors.js';
import { assertNever } from '../routing/assert-never.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import { isRequest, type MethodMessage, type RequestId } from '../routing/message.js';
import type { Route } from '../routing/route.js';
import { withStamp } from '../routing/stamp.js';
import { unwritable } from './writable.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import type { Departure } from './departure.js';
import type { Liveness } from './liveness.js';
import type { OrderedStreams } from './ordered-streams.js';
import { cannotBeWritten, gaveUp } from './refusals.js';
import type { RouteLog } from './route-log.js';
import type { Write, WriteOrder } from './write-order.js';

/** The routes by which a message leaves. */
export type Leaving = Extract<Route, { readonly evidence: unknown }>;

/** What messages leave by. */
export interface Outlet {
  readonly inner: TransportLike;
  readonly order: WriteOrder;
  readonly streams: OrderedStreams;
  /** Of a transport that has one stream per request, and not one for everything. */
  readonly liveness: Liveness | undefined;
  readonly log: RouteLog;
}

/**
 * The way of one server-initiated message from the choice of its stream to the end of its write. It waits for its turn
 * on that stream. If the stream is gone when the turn comes, the message is routed again.
 */
export class Forwarding implements Write {
  readonly #options: SendOptions | undefined;
  /** The id, if the message is a server request. */
  readonly #requestId: RequestId | undefined;
  readonly #stream: OrderedStream | undefined;
  /** It was given to the transport. */
  #isSent = false;
  /** The stream was gone: this is what becomes of the message elsewhere. */
  #redirected: Promise<void> | undefined;

  constructor(
    private readonly outlet: Outlet,
    private readonly departure: Departure,
    private readonly message: MethodMessage,
    private readonly ledger: Ledger | undefined,
    private readonly route: Leaving,
  ) {
    this.#options = optionsFor(route, departure.options);
    this.#requestId = isRequest(message) ? message.id : undefined;
    const { streams } = outlet;
    const named = route.to === 'unchanged' ? this.#options?.relatedRequestId : undefined;
    this.#stream =
      named === undefined
        ? streams.of(entryOf(route), ledger)
        : streams.ofId(named, ledger, departure.transport.ledgers);
  }

  /** @returns the result of `send()` */
  begin(): Promise<void> {
    const { outlet, departure, message, ledger } = this;
    if (departure.parked !== undefined) departure.routedAt = now();
    // Before the message is sent: a client in memory answers while `send()` still runs.
    if (isRequest(message)) ledger?.exchanges.open(message, entryOf(this.route), departure.since);
    const written = outlet.order.write(this.#stream, departure.routedAt, this);
    return this.#isSent ? written : written.then(() => this.#redirected);
  }

  perform(): Promise<void> {
    const { inner, liveness } = this.outlet;
    this.#isSent = !this.#streamIsGone() && !this.#exchangeIsOver();
    if (this.#isSent) {
      const sent = inner.send(this.#stamped(), this.#options);
      // Not earlier: the client may have left its stream while the server request waited for its turn.
      if (this.#requestId !== undefined) liveness?.serverRequestSent(this.#requestId, entryOf(this.route));
      return sent;
    }
    this.#redirected = this.#redirect();
    // If the transport closes at this very moment, the sender hears of that, and nobody listens to this promise.
    this.#redirected.catch(() => undefined);
    // The next message on this stream must not wait for the other stream.
    return Promise.resolve();
  }

  /** Where no stream says whose message it is, the message says it itself, to a proxy that asks for it. */
  #stamped(): MethodMessage {
    const { departure, message, ledger, route } = this;
    const { transport, options, origin } = departure;
    if (!transport.ledgers.takesStamps || route.evidence !== 'nothing-in-flight') return message;
    const named = options?.relatedRequestId;
    const owner = (named === undefined ? undefined : ledger?.get(named)) ?? origin;
    return owner?.ledger === ledger && owner?.state === 'in-flight' ? withStamp(message, owner.id) : message;
  }

  ended(failure: Error | undefined): Error | undefined {
    const error = failure && this.#described(failure);
    const { ledger } = this;
    const { ledgers, report } = this.departure.transport;
    const id = this.#requestId;
    this.outlet.streams.written(this.#stream, ledger);
    const hasFailed = error !== undefined && id !== undefined;
    if (hasFailed && ledger?.exchanges.close(id) !== undefined) ledgers.prune(ledger);
    if (this.#redirected === undefined) this.#tell(error);
    if (id !== undefined || !(error instanceof BackchannelError)) return error;
    // Given up by us, and not refused by the transport: the fate of a notification is reported, not thrown.
    report(error);
    return undefined;
  }

  /** A pipe fails when a message cannot be written: that is said in our words. */
  #described(failure: Error): Error {
    if (failure instanceof BackchannelError) return failure;
    const cause = unwritable(this.message);
    return cause === undefined ? failure : cannotBeWritten(this.message, cause);
  }

  #tell(error: Error | undefined): void {
    const { log } = this.outlet;
    if (!log.isWatched) return;
    const { to, evidence } = this.route;
    const outcome = error === undefined ? 'delivered' : 'failed';
    const relatedRequestId = this.#options?.relatedRequestId;
    log.tell(this.departure, this.message, this.ledger, { to, evidence, relatedRequestId, outcome, error });
  }

  /** Routes the message again, because its stream went away while it waited for its turn. */
  #redirect(): Promise<void> {
    const { departure, message, ledger } = this;
    const { transport } = departure;
    if (isRequest(message) && ledger !== undefined && ledger.exchanges.close(message.id) === undefined) {
      // Its sender took it back, or it was answered for the client: nobody waits for it any more.
      const error = gaveUp(message, 'CANCELLED', transport.settings);
      this.outlet.log.tell(departure, message, ledger, { outcome: 'refused', error });
      return Promise.reject(error);
    }
    const again = departure.again(message, ledger, now());
    transport.depart(again);
    return again.settled ?? Promise.resolve();
  }

  /** Whether the chosen stream is gone. That its request was answered does not count: the response waits for its turn too. */
  #streamIsGone(): boolean {
    const { route } = this;
    const { liveness } = this.outlet;
    if (route.to === 'request') return route.entry.adrift;
    if (route.to !== 'standalone' || liveness?.streams.standalone !== 'closed') return false;
    return isRequest(this.message) || !liveness.standaloneIsStored;
  }

  /** Whether the server request was taken back, or answered for the client, while it waited for its turn. */
  #exchangeIsOver(): boolean {
    const id = this.#requestId;
    return id !== undefined && this.ledger !== undefined && this.ledger.exchanges.get(id) === undefined;
  }
}

function entryOf(route: Leaving): InFlight | undefined {
  return route.to === 'request' ? route.entry : undefined;
}

/** The caller's options with the chosen `relatedRequestId`. If nothing changes, it is the very same object. */
function optionsFor(route: Leaving, options: SendOptions | undefined): SendOptions | undefined {
  switch (route.to) {
    case 'request':
      return options?.relatedRequestId === route.entry.id ? options : { ...options, relatedRequestId: route.entry.id };
    case 'standalone': {
      if (options?.relatedRequestId === undefined) return options;
      const { relatedRequestId: _, ...others } = options;
      return others;
    }
    case 'unchanged':
      return options;
    default:
      return assertNever(route);
  }
}
