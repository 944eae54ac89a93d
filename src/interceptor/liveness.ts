import { now } from '../clock.js';
import { debug } from '../debug.js';
import type { Exchange, InFlight } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';
import type { KnownStreams } from '../routing/hints.js';
import type { ClientStreams, OwnStreams, StreamListener } from '../streams/client-streams.js';
import { Connection } from '../streams/connection.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import { Orphans, type OrphanListener } from '../streams/orphans.js';
import { Parking } from '../streams/parking.js';
import type { PostedAnswers } from '../streams/posted-answers.js';
import { answersInJson } from '../streams/transport-traits.js';
import type { AnswerForClient } from './answer-for-client.js';
import type { ParkedMessage, SendingTransport } from './departure.js';
import { sessionPrefix, sessionPrefixOf } from './session-prefix.js';
import { WatchedStreams } from './watched-streams.js';

/** All that can be known of streams, so that asking makes no object. */
const KNOWN_STREAMS = {
  open: knownStreams('open'),
  closed: knownStreams('closed'),
  unknown: knownStreams('unknown'),
};

/** The wrapped transport whose streams they are. */
export interface LivenessOwner extends SendingTransport {
  readonly answerForClient: AnswerForClient;
}

/** Which streams of a Streamable HTTP transport are alive, and what waits until one is. */
export class Liveness implements StreamListener, OrphanListener {
  readonly #orphans: Orphans;
  /** How requests are answered, if that is known before the first response. */
  readonly #responseMode: 'sse' | 'json' | undefined;
  // Most sessions never need these, and there may be many idle sessions.
  #parking: Parking<ParkedMessage> | undefined;
  readonly #clientStreams: ClientStreams;
  /** When the first request came in, in milliseconds of the performance clock. */
  #begunAt: number | undefined;
  #hasOpenedStandalone = false;

  /** @param own the streams of a transport that knows them. Those of any other transport are watched */
  constructor(
    private readonly inner: object,
    private readonly transport: LivenessOwner,
    own?: OwnStreams,
  ) {
    const { responseMode, orphanTimeoutMs } = transport.settings;
    this.#responseMode = responseMode ?? (answersInJson(inner) ? 'json' : undefined);
    this.#orphans = new Orphans(orphanTimeoutMs, this);
    if (own !== undefined) own.listener = this;
    this.#clientStreams = own ?? new WatchedStreams(inner, transport.identity, this.#hasSeveralSessions, this);
  }

  /** How many messages wait for a stream. */
  get parked(): number {
    return this.#parking?.size ?? 0;
  }

  get isAbandoned(): boolean {
    return this.#clientStreams.openStreams?.connections === 0 && this.transport.ledgers.openExchanges > 0;
  }

  answerAll(): void {
    this.transport.answerForClient.answerAll();
  }

  /** What is known of the client's streams. */
  get streams(): KnownStreams {
    // If a transport carries several sessions, it is not known whose stream is whose.
    const seen = this.#hasSeveralSessions ? undefined : this.#clientStreams.openStreams;
    const requests = (this.#responseMode ?? seen?.responseMode) === 'json' ? 'closed' : 'open';
    if (seen === undefined) return KNOWN_STREAMS.unknown[requests];
    return KNOWN_STREAMS[seen.standalone === undefined ? 'closed' : 'open'][requests];
  }

  /** The client has had as long as a message waits for it to open the standalone stream, and never did. */
  get opensNoStandalone(): boolean {
    if (this.#hasOpenedStandalone || this.#begunAt === undefined || this.streams.standalone !== 'closed') return false;
    return now() - this.#begunAt >= this.transport.settings.parkTimeoutMs;
  }

  /** The client is away from its standalone stream, and finds what it has missed there when it comes back. */
  get standaloneIsStored(): boolean {
    if (this.#hasSeveralSessions) return false;
    const { openStreams, storesWhileAway } = this.#clientStreams;
    return openStreams?.standaloneIsResumable === true && storesWhileAway;
  }

  /**
   * If the client is just coming back to this stream, the promise resolves when it is back, or when it is certain that it
   * will not be.
   */
  resumption(stream: OrderedStream): Promise<void> | undefined {
    return this.#clientStreams.resumption(stream);
  }

  /** Of a foreign transport only. */
  handleRequest(call: () => unknown, args: readonly unknown[]): unknown {
    const streams = this.#clientStreams;
    return streams instanceof WatchedStreams ? streams.handleRequest(call, args) : call();
  }

  /** If a transport carries several sessions, it is not known whose answer a POST holds. */
  get expectsAnswers(): boolean {
    return !this.#hasSeveralSessions && this.transport.ledgers.openExchanges > 0;
  }

  refused(posted: PostedAnswers): void {
    // The same ids may be in use in the next life.
    const { ledgers } = this.transport;
    void posted.ids().then((ids) => {
      if (!ledgers.over) this.transport.answerForClient.answerRefused(ids);
    });
  }

  /** Parks a message until a stream opens. @returns whether it waits now */
  park(message: ParkedMessage): boolean {
    return (this.#parking ??= new Parking(this.transport.settings, this.transport)).park(message);
  }

  /** The sender takes a request back. @returns whether it was parked */
  withdraw(id: RequestId): boolean {
    return this.#parking?.withdraw(id) === true;
  }

  /** A request came in. It has a stream, by which parked messages may leave. */
  arrived(request: InFlight): void {
    this.#begunAt ??= now();
    const { arriving } = this.#clientStreams;
    if (arriving !== undefined) {
      request.carrier = arriving;
      this.#clientStreams.arrived(arriving, request);
    }
    // If requests are answered in JSON, only its own response can be written for this one.
    if (this.parked > 0 && this.streams.requests === 'open') this.#parking?.releaseForRequest();
  }

  /** A server request was sent, on the stream of `entry` or on the standalone stream. */
  serverRequestSent(id: RequestId, entry: InFlight | undefined): void {
    this.#orphans.requestSent();
    const exchange = entry?.ledger.exchanges.get(id);
    // The request may have been answered while it was written, and its id may belong to another by now.
    if (entry !== undefined && exchange?.entry === entry) this.#limitStored(exchange, entry);
  }

  /** Limits the time of a server request that was stored because the client had left the stream. */
  #limitStored(exchange: Exchange, { carrier, ledger }: InFlight): void {
    const streams = this.#clientStreams;
    if (!(carrier instanceof Connection) || !carrier.isFinished) return;
    const resumedBy = streams.resumedBy(carrier);
    if (resumedBy?.isFinished === false) return;
    const giveUp = (): void => {
      if (streams.resumedBy(carrier) === resumedBy) this.transport.answerForClient.answerStored(exchange, ledger);
    };
    this.#orphans.requestStored(() => {
      const resumption = streams.resumption(carrier);
      // The client may receive it in a moment.
      if (resumption === undefined) giveUp();
      else void resumption.then(giveUp);
    });
  }

  streamOpened(): void {
    if (this.#clientStreams.openStreams?.standalone !== undefined) this.#hasOpenedStandalone = true;
    if (debug.stream.enabled)
      debug.stream('%sa stream has opened, %d messages wait', sessionPrefixOf(this.inner), this.parked);
    this.#parking?.release();
  }

  requestLost(request: InFlight): void {
    if (debug.stream.enabled) {
      const { method, id, ledger } = request;
      const prefix = ledger.session === undefined ? sessionPrefixOf(this.inner) : sessionPrefix(ledger.session);
      debug.stream('%sthe stream of %s %o is gone', prefix, method, id);
    }
    request.ledger.setAdrift(request);
  }

  connectionsChanged(): void {
    this.#orphans.clientSeen();
  }

  /** Gives up everything that waits. */
  close(): void {
    this.#begunAt = undefined;
    this.#hasOpenedStandalone = false;
    this.#clientStreams.close();
    this.#orphans.close();
    this.#parking?.close();
  }

  get #hasSeveralSessions(): boolean {
    return this.transport.settings.sessionOf !== undefined;
  }
}

function knownStreams(standalone: KnownStreams['standalone']): Record<KnownStreams['requests'], KnownStreams> {
  return { open: { standalone, requests: 'open' }, closed: { standalone, requests: 'closed' } };
}
