import { OrderedStream } from '../streams/ordered-stream.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';
import type { Sessions } from '../routing/ledgers.js';

/** The stream on whose order a message waits. A transport with one pipe keeps its own order. */
export class StreamOf {
  /** Of the only session, and of all whose messages name no session. Many sessions never need it. */
  #unnamed: OrderedStream | undefined;
  /**
   * Of sessions that have names, while something is being written there or waits. Not in their ledgers: one is dropped
   * when nothing is in flight in it, though a notification is still being written.
   */
  #named: Map<string, OrderedStream> | undefined;

  /** @param hasStreams the transport has a stream for each request, and not one for everything */
  constructor(private readonly hasStreams: boolean) {}

  /** Of what goes where a request came from, or (`undefined`) on the standalone stream of its session. */
  message(entry: InFlight | undefined, ledger: Ledger | undefined): OrderedStream | undefined {
    if (!this.hasStreams) return undefined;
    if (entry === undefined) return this.#standaloneOf(ledger?.session);
    if (entry.carrier instanceof OrderedStream) return entry.carrier;
    const stream = new OrderedStream();
    entry.carrier = stream;
    return stream;
  }

  /** Of a message about which nothing is inferred: the response to the request that it names comes after it. */
  naming(id: RequestId, ledger: Ledger | undefined, sessions: Sessions): OrderedStream | undefined {
    if (!this.hasStreams) return undefined;
    const entry = (ledger ?? sessions.holding(id))?.bearer(id);
    if (entry !== undefined) return this.message(entry, ledger);
    // Nobody bears the id: there is a time limit to keep, and no order. Or several sessions do, and it may be any of them.
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
