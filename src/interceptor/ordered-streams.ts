import type { InFlight, Ledger } from '../routing/ledger.js';
import type { Ledgers } from '../routing/ledgers.js';
import type { RequestId } from '../routing/message.js';
import { OrderedStream } from '../streams/ordered-stream.js';

/** Finds the stream in whose order a message is written. A transport with a single pipe keeps its own order. */
export class OrderedStreams {
  /** The standalone stream of the only session, and of all messages that name no session. Many transports never need it. */
  #unnamed: OrderedStream | undefined;
  /**
   * The standalone streams of named sessions, while something is being written or waits there. They are not kept in
   * the ledgers: a ledger is dropped when nothing is in flight in it, though a notification may still be being written.
   */
  #named: Map<string, OrderedStream> | undefined;

  /** @param hasStreams the transport has one stream per request, and not one for everything */
  constructor(private readonly hasStreams: boolean) {}

  /** The stream of a request, or (`undefined`) the standalone stream of the session. */
  of(entry: InFlight | undefined, ledger: Ledger | undefined): OrderedStream | undefined {
    if (!this.hasStreams) return undefined;
    if (entry === undefined) return this.#standaloneOf(ledger?.session);
    if (entry.carrier instanceof OrderedStream) return entry.carrier;
    const stream = new OrderedStream();
    entry.carrier = stream;
    return stream;
  }

  /** The stream of the request with this id, for a message about which nothing is inferred. */
  ofId(id: RequestId, ledger: Ledger | undefined, ledgers: Ledgers): OrderedStream | undefined {
    if (!this.hasStreams) return undefined;
    const entry = (ledger ?? ledgers.holding(id))?.bearer(id);
    if (entry !== undefined) return this.of(entry, ledger);
    // No request has this id, so there is no order to keep, only a time limit. Or several sessions have one, and it may
    // be any of them.
    return ledger === undefined ? this.#standaloneOf(undefined) : new OrderedStream();
  }

  /** A message was written, or given up. */
  written(stream: OrderedStream | undefined, ledger: Ledger | undefined): void {
    const session = ledger?.session;
    if (session === undefined || stream === undefined || this.#named?.get(session) !== stream) return;
    const isLast = stream.underWay <= 1 && (stream.waiting?.length ?? 0) === 0;
    if (isLast) this.#named.delete(session);
  }

  #standaloneOf(session: string | undefined): OrderedStream {
    if (session === undefined) return (this.#unnamed ??= new OrderedStream());
    const streams = (this.#named ??= new Map<string, OrderedStream>());
    let stream = streams.get(session);
    if (stream === undefined) streams.set(session, (stream = new OrderedStream()));
    return stream;
  }
}
