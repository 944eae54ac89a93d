import { Recent } from '../routing/recent.js';
import type { InFlight } from '../routing/ledger.js';
import { watchNodeAnswer, watchWebAnswer, type AnswerObserver } from './watch-response.js';
import { HttpConnection, eventIdIn } from './connection.js';
import { headerOf, isNodeResponse, mediaTypeOf, methodOf } from './http-headers.js';
import type { OrderedStream } from './ordered-stream.js';
import { RequestStreams } from './request-streams.js';
import { Resumptions } from './resumptions.js';
import { NO_STREAMS, reduce, type HttpStreams, type StreamEvent } from './open-streams.js';

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
  #resumptions: Resumptions | undefined;

  /**
   * @param resumesWhenHandled see `habits.ts`
   * @param hasSeveralSessions whose streams they are is not known then
   */
  constructor(
    private readonly listener: WatchListener,
    private readonly resumesWhenHandled: boolean,
    private readonly hasSeveralSessions: boolean,
  ) {}

  /** The connection by which the client has come back for what is written on this one. */
  resumedBy(connection: HttpConnection): HttpConnection | undefined {
    return this.#requestStreams?.resumedBy(connection);
  }

  /** Resolves when the client has come back to this stream, or will not, if it is just doing so. */
  resumption(stream: OrderedStream): Promise<void> | undefined {
    return this.#resumptions?.of((lastEventId) => this.#mayBeOn(stream, lastEventId));
  }

  /** An event that is not remembered may have been on any stream that the client has left. */
  #mayBeOn(stream: OrderedStream, eventId: string): boolean {
    const requestStream = this.#requestStreams?.ofEvent(eventId);
    if (requestStream !== undefined) return stream instanceof HttpConnection && stream.requestStream === requestStream;
    // Nobody is to be held up by the client of another session.
    if (this.hasSeveralSessions) return false;
    const isOfStandalone = this.#standaloneIds.has(eventId);
    if (stream instanceof HttpConnection) return !isOfStandalone && stream.isFinished && stream.isResumable;
    return isOfStandalone || this.#streams.stored;
  }

  get streams(): HttpStreams {
    return this.#streams;
  }

  close(): void {
    this.#resumptions?.close();
  }

  /** Calls `handleRequest`, by way of `run`, which ties the messages in it to the connection. */
  handle(
    handleRequest: HandleRequest,
    args: unknown[],
    run: (connection: HttpConnection, call: () => unknown) => unknown,
  ): unknown {
    const [request, response] = args;
    const lastEventId = headerOf(request, 'last-event-id');
    // Transports take an empty one for none.
    const connection = new HttpConnection(methodOf(request), lastEventId === '' ? undefined : lastEventId);
    this.#tell({ type: 'began' });
    const isResuming = connection.method === 'GET' && connection.lastEventId !== undefined && this.#hasEventStore;
    if (isResuming) (this.#resumptions ??= new Resumptions()).began(connection);
    if (!isNodeResponse(response)) {
      return watchWebAnswer(connection, request, () => run(connection, () => handleRequest(...args)), this);
    }
    watchNodeAnswer(connection, response, this);
    // Nobody is there to be answered. Most versions of the SDK would wait for a `close` that is past, take the stream for
    // open for ever, and refuse the next.
    if (connection.method === 'GET' && !connection.isOpen) return Promise.resolve();
    connection.opensWhenHandled =
      this.resumesWhenHandled && connection.method === 'GET' && connection.lastEventId !== undefined;
    const handled = run(connection, () => handleRequest(...args));
    if (connection.opensWhenHandled) this.#opensWhen(handled, connection);
    // Whoever called may leave the client without an answer.
    if (isResuming) Promise.resolve(handled).catch(() => this.#resumptions?.ended(connection));
    return handled;
  }

  /** A request has come in on a connection. */
  arrived(connection: HttpConnection, request: InFlight): void {
    connection.requests.push(request);
    if (connection.isFinished && !connection.isResumable) this.listener.requestLost(request);
  }

  answered(connection: HttpConnection, status: number, contentType: unknown): void {
    const as = status === 200 ? mediaTypeOf(contentType) : undefined;
    connection.isStream = as === 'sse';
    if (!connection.isStream) this.#resumptions?.ended(connection);
    if (connection.method === 'POST' && connection.requests.length > 0 && as !== undefined) {
      for (const request of connection.requests) request.isStreaming = connection.isStream;
      this.#tell({ type: 'answered', as });
    }
    if (connection.method !== 'GET' || !connection.isStream || connection.opensWhenHandled) return;
    // Older SDKs write the head first, and know the stream a moment later: what left for it now would be lost.
    queueMicrotask(() => {
      this.#opened(connection);
    });
  }

  #opensWhen(handled: unknown, connection: HttpConnection): void {
    const opened = (): void => {
      if (connection.isStream) this.#opened(connection);
    };
    // An error reaches the caller of `handleRequest`.
    Promise.resolve(handled).then(opened, () => undefined);
  }

  #opened(connection: HttpConnection): void {
    // The transport may accept, when its event store has answered, what the client has left meanwhile.
    if (!connection.isOpen || connection.isFinished) return;
    const { lastEventId } = connection;
    const replayed = connection.eventIds.splice(0);
    // A resumed request stream is no standalone stream. Without an event store there is nothing to
    // resume, and any GET is one.
    const resumesRequest =
      lastEventId !== undefined &&
      this.#hasEventStore &&
      ![lastEventId, ...replayed].some((id) => this.#standaloneIds.has(id));
    if (resumesRequest) {
      connection.resumesRequest = true;
      (this.#requestStreams ??= new RequestStreams()).resumed(lastEventId, connection);
      for (const id of replayed) this.#requestStreams.wrote(id, connection);
    } else {
      this.#becameStandalone(connection, replayed);
    }
    this.#resumptions?.ended(connection);
    this.listener.streamOpened();
  }

  #becameStandalone(connection: HttpConnection, ids: readonly string[]): void {
    this.#tell({ type: 'became-standalone', connection });
    for (const id of ids) this.#standaloneIds.add(id);
  }

  /** It was taken for a request stream, because the client resumes it from an event that was long forgotten. */
  #isStandaloneAfterAll(connection: HttpConnection, id: string): void {
    connection.resumesRequest = false;
    this.#requestStreams?.forget(connection);
    this.#becameStandalone(connection, [id]);
    this.listener.streamOpened();
  }

  wrote(connection: HttpConnection, chunk: unknown): void {
    const isGet = connection.method === 'GET';
    if (!connection.isStream) return;
    const id = eventIdIn(chunk);
    if (id === undefined) return;
    this.#hasEventStore = true;
    connection.isResumable = true;
    if (this.#streams.standalone === connection) this.#standaloneIds.add(id);
    // It may turn out a moment later that this is the standalone stream.
    else if (isGet && !connection.resumesRequest) connection.eventIds.push(id);
    else if (isGet && this.#standaloneIds.has(id)) this.#isStandaloneAfterAll(connection, id);
    else (this.#requestStreams ??= new RequestStreams()).wrote(id, connection);
  }

  /** Nothing more will be written. */
  finished(connection: HttpConnection): void {
    if (connection.isFinished) return;
    connection.isFinished = true;
    this.#resumptions?.ended(connection);
    this.#tell({ type: 'finished', connection, resumable: connection.isResumable });
    if (!connection.isResumable) for (const request of connection.requests) this.listener.requestLost(request);
  }

  /** The connection is gone. */
  ended(connection: HttpConnection): void {
    if (!connection.isOpen) return;
    this.finished(connection);
    connection.isOpen = false;
    this.#tell({ type: 'ended' });
    this.listener.connectionsChanged();
  }

  #tell(event: StreamEvent): void {
    this.#streams = reduce(this.#streams, event);
    if (event.type === 'began') this.listener.connectionsChanged();
  }
}
