import { debug } from '../debug.js';
import { HttpConnection } from '../streams/connection.js';
import { answersInJson, resumesWhenHandled, storesWhileAway } from '../streams/transport-traits.js';
import { Orphans, type OrphanListener } from '../streams/orphans.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import { Parking, type ParkingOutcome } from '../streams/parking.js';
import { isWatchable } from '../streams/http-headers.js';
import { Watch, type WatchListener } from '../streams/stream-watcher.js';
import type { Settings } from '../options.js';
import type { Exchange, InFlight } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import { connectionOn, onConnection } from './origin.js';
import type { ParkedMessage } from './parked-message.js';
import type { StandIn } from './answer-for-client.js';

/** All that can be known of streams, so that asking makes no object. */
const STREAMS = {
  open: knownStreams('open'),
  closed: knownStreams('closed'),
  unknown: knownStreams('unknown'),
};

/** What liveness needs of the wrapper it belongs to. */
export interface LivenessOwner extends ParkingOutcome<ParkedMessage> {
  /** How many server-initiated requests the client has not answered yet. */
  readonly openExchanges: number;
  /** Answers in the client's place. */
  readonly standIn: StandIn;
}

/** Which streams of a Streamable HTTP transport are alive, and what waits until one is. */
export class Liveness implements WatchListener, OrphanListener {
  readonly #orphans: Orphans;
  /** How requests are answered, where no answer need show it. */
  readonly #answers: 'sse' | 'json' | undefined;
  // Most sessions never need these, and there may be many idle sessions.
  #parking: Parking<ParkedMessage> | undefined;
  /** From the first `handleRequest` on that can be watched: without it nothing is known. */
  #watch: Watch | undefined;

  constructor(
    private readonly inner: object,
    /** Tells this transport from others in the async context. */
    private readonly transport: object,
    private readonly settings: Settings,
    private readonly owner: LivenessOwner,
  ) {
    this.#answers = settings.responseMode ?? (answersInJson(inner) ? 'json' : undefined);
    this.#orphans = new Orphans(settings.orphanTimeoutMs, this);
  }

  /** How many messages wait for a stream. */
  get parked(): number {
    return this.#parking?.size ?? 0;
  }

  get isAbandoned(): boolean {
    return this.#watch?.streams.open === 0 && this.owner.openExchanges > 0;
  }

  abandonAll(): void {
    this.owner.standIn.abandonAll();
  }

  /** What is known of the client's streams. */
  get streams(): Streams {
    // Of a transport with several sessions it is not known whose stream is whose.
    const seen = this.settings.sessionOf === undefined ? this.#watch?.streams : undefined;
    const requests = (this.#answers ?? seen?.answers) === 'json' ? 'closed' : 'open';
    if (seen === undefined) return STREAMS.unknown[requests];
    return STREAMS[seen.standalone === undefined ? 'closed' : 'open'][requests];
  }

  /** The client is away from its standalone stream, and finds there what it has missed when it comes back. */
  get standaloneIsStored(): boolean {
    const isResumable = this.settings.sessionOf === undefined && this.#watch?.streams.stored === true;
    return isResumable && storesWhileAway(this.inner);
  }

  /** Resolves when the client has come back to this stream, or will not, if it is just doing so. */
  resumption(stream: OrderedStream): Promise<void> | undefined {
    return this.#watch?.resumption(stream);
  }

  handleRequest(call: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (!isWatchable(args)) return call(...args);
    this.#watch ??= new Watch(this, resumesWhenHandled(this.inner), this.settings.sessionOf !== undefined);
    return this.#watch.handle(call, args, (connection, work) => onConnection(this.transport, connection, work));
  }

  /** Puts a message into the waiting room. @returns whether it waits there */
  park(message: ParkedMessage): boolean {
    return (this.#parking ??= new Parking(this.settings, this.owner)).park(message);
  }

  /** The sender takes a request back. @returns whether it was waiting */
  withdraw(id: RequestId): boolean {
    return this.#parking?.withdraw(id) === true;
  }

  /** A request came in: it has a stream now, by which what waits may leave. */
  arrived(request: InFlight): void {
    const connection = connectionOn(this.transport);
    if (connection instanceof HttpConnection) {
      request.carrier = connection;
      this.#watch?.arrived(connection, request);
    }
    // Nothing but its answer can be written for a request that is answered in JSON.
    if (this.parked > 0 && this.streams.requests === 'open') this.#parking?.releaseForRequest();
  }

  /** A server-initiated request was sent, on the stream of `entry` or on the standalone stream. */
  questionAsked(id: RequestId, entry: InFlight | undefined): void {
    this.#orphans.questionAsked();
    const exchange = entry?.ledger.exchange(id);
    // It may have been answered while it was written, and its id be that of another by now.
    if (entry !== undefined && exchange?.entry === entry) this.#questionOpen(exchange, entry);
  }

  #questionOpen(exchange: Exchange, { carrier, ledger }: InFlight): void {
    const watch = this.#watch;
    if (watch === undefined || !(carrier instanceof HttpConnection) || !carrier.isFinished) return;
    const resumedBy = watch.resumedBy(carrier);
    if (resumedBy?.isFinished === false) return;
    const giveUp = (): void => {
      if (watch.resumedBy(carrier) === resumedBy) this.owner.standIn.abandon(exchange, ledger);
    };
    this.#orphans.questionStored(() => {
      const resumption = watch.resumption(carrier);
      // The client may be shown it in a moment.
      if (resumption === undefined) giveUp();
      else void resumption.then(giveUp);
    });
  }

  streamOpened(): void {
    debug.stream('a stream has opened, %d messages wait', this.parked);
    this.#parking?.release();
  }

  requestLost(request: InFlight): void {
    debug.stream('the stream of %s %o is gone', request.method, request.id);
    request.ledger.setAdrift(request);
  }

  connectionsChanged(): void {
    this.#orphans.clientSeen();
  }

  /** Everything that waits is given up. */
  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#orphans.close();
    this.#parking?.close();
  }
}

function knownStreams(standalone: Streams['standalone']): Record<Streams['requests'], Streams> {
  return { open: { standalone, requests: 'open' }, closed: { standalone, requests: 'closed' } };
}
