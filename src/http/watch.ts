import { Recent } from '../routing/recent.js';
import type { InFlight } from '../routing/ledger.js';
import { watchNodeAnswer, watchWebAnswer, type AnswerObserver } from './answers.js';
import { HttpExchange, eventIdIn } from './exchange.js';
import { headerOf, isNodeResponse, mediaTypeOf, methodOf } from './headers.js';
import { RequestStreams } from './request-streams.js';
import { NO_STREAMS, reduce, type HttpStreams, type StreamEvent } from './streams.js';

type HandleRequest = (...args: unknown[]) => unknown;

/** What the watcher tells. */
export interface WatchListener {
  /** A stream has opened, by which messages may leave that could not before. */
  streamOpened(): void;
  /** The connection is gone of a request that cannot be resumed. */
  requestLost(request: InFlight): void;
  /** Something has happened to a connection. */
  connectionsChanged(): void;
}

/**
 * Watches `handleRequest`, of Node and of web-standard transports, and so knows which streams are open:
 * from the status, the content type and the ids of events in what the transport answers.
 */
export class Watch implements AnswerObserver {
  #streams = NO_STREAMS;
  /** An event with an id was written on some stream. */
  #hasEventStore = false;
  /** Event ids of the standalone stream, to know it again when it is resumed. */
  readonly #standaloneIds = new Recent<string>();
  /** From the first event on: without an event store nothing can be resumed. */
  #requestStreams: RequestStreams | undefined;

  /** @param resumesLate see `habits.ts` */
  constructor(
    private readonly listener: WatchListener,
    private readonly resumesLate: boolean,
  ) {}

  /** The connection by which the client has come back for what is written on this one. */
  resumedBy(exchange: HttpExchange): HttpExchange | undefined {
    return this.#requestStreams?.resumedBy(exchange);
  }

  get streams(): HttpStreams {
    return this.#streams;
  }

  /** Calls `handleRequest`, by way of `run`, which ties the messages in it to the exchange. */
  handle(
    handleRequest: HandleRequest,
    args: unknown[],
    run: (exchange: HttpExchange, call: () => unknown) => unknown,
  ): unknown {
    const [request, response] = args;
    const exchange = new HttpExchange(methodOf(request), headerOf(request, 'last-event-id'));
    this.#tell({ type: 'began' });
    if (!isNodeResponse(response)) {
      return watchWebAnswer(exchange, request, () => run(exchange, () => handleRequest(...args)), this);
    }
    watchNodeAnswer(exchange, response, this);
    // Nobody is there to be answered. Most versions of the SDK would wait for a `close` that is past, take the stream for
    // open for ever, and refuse the next.
    if (exchange.method === 'GET' && !exchange.isOpen) return Promise.resolve();
    exchange.opensLate = this.resumesLate && exchange.method === 'GET' && exchange.lastEventId !== undefined;
    const handled = run(exchange, () => handleRequest(...args));
    if (exchange.opensLate) this.#opensWhen(handled, exchange);
    return handled;
  }

  /** A request has come in on an exchange. */
  arrived(exchange: HttpExchange, request: InFlight): void {
    exchange.requests.push(request);
    if (exchange.isFinished && !exchange.isResumable) this.listener.requestLost(request);
  }

  answered(exchange: HttpExchange, status: number, contentType: unknown): void {
    if (status !== 200) return;
    const as = mediaTypeOf(contentType);
    exchange.isStream = as === 'sse';
    if (exchange.method === 'POST' && exchange.requests.length > 0 && as !== undefined) {
      for (const request of exchange.requests) request.isStreaming = exchange.isStream;
      this.#tell({ type: 'answered', as });
    }
    if (exchange.method !== 'GET' || !exchange.isStream || exchange.opensLate) return;
    // Older SDKs write the head first, and know the stream a moment later: what left for it now would be lost.
    queueMicrotask(() => {
      this.#opened(exchange);
    });
  }

  #opensWhen(handled: unknown, exchange: HttpExchange): void {
    const opened = (): void => {
      if (exchange.isStream) this.#opened(exchange);
    };
    // An error reaches the caller of `handleRequest`.
    Promise.resolve(handled).then(opened, () => undefined);
  }

  #opened(exchange: HttpExchange): void {
    // The transport may accept, when its event store has answered, what the client has left meanwhile.
    if (!exchange.isOpen || exchange.isFinished) return;
    const { lastEventId } = exchange;
    const replayed = exchange.eventIds.splice(0);
    // A resumed request stream is no standalone stream. Without an event store there is nothing to
    // resume, and any GET is one.
    const resumesRequest =
      lastEventId !== undefined &&
      this.#hasEventStore &&
      ![lastEventId, ...replayed].some((id) => this.#standaloneIds.has(id));
    if (resumesRequest) {
      exchange.resumesRequest = true;
      (this.#requestStreams ??= new RequestStreams()).resumed(lastEventId, exchange);
      for (const id of replayed) this.#requestStreams.wrote(id, exchange);
    } else {
      this.#becameStandalone(exchange, replayed);
    }
    this.listener.streamOpened();
  }

  #becameStandalone(exchange: HttpExchange, ids: readonly string[]): void {
    this.#tell({ type: 'became-standalone', exchange });
    for (const id of ids) this.#standaloneIds.add(id);
  }

  /** It was taken for a request stream, because the client resumes it from an event that was long forgotten. */
  #isStandaloneAfterAll(exchange: HttpExchange, id: string): void {
    exchange.resumesRequest = false;
    this.#requestStreams?.forget(exchange);
    this.#becameStandalone(exchange, [id]);
    this.listener.streamOpened();
  }

  wrote(exchange: HttpExchange, chunk: unknown): void {
    const isGet = exchange.method === 'GET';
    if (!exchange.isStream) return;
    const id = eventIdIn(chunk);
    if (id === undefined) return;
    this.#hasEventStore = true;
    exchange.isResumable = true;
    if (this.#streams.standalone === exchange) this.#standaloneIds.add(id);
    // It may turn out a moment later that this is the standalone stream.
    else if (isGet && !exchange.resumesRequest) exchange.eventIds.push(id);
    else if (isGet && this.#standaloneIds.has(id)) this.#isStandaloneAfterAll(exchange, id);
    else (this.#requestStreams ??= new RequestStreams()).wrote(id, exchange);
  }

  /** Nothing more will be written. */
  finished(exchange: HttpExchange): void {
    if (exchange.isFinished) return;
    exchange.isFinished = true;
    this.#tell({ type: 'finished', exchange, resumable: exchange.isResumable });
    if (!exchange.isResumable) for (const request of exchange.requests) this.listener.requestLost(request);
  }

  /** The connection is gone. */
  ended(exchange: HttpExchange): void {
    if (!exchange.isOpen) return;
    this.finished(exchange);
    exchange.isOpen = false;
    this.#tell({ type: 'ended' });
    this.listener.connectionsChanged();
  }

  #tell(event: StreamEvent): void {
    this.#streams = reduce(this.#streams, event);
    if (event.type === 'began') this.listener.connectionsChanged();
  }
}
