import type { StreamListener } from './client-streams.js';
import { RecentSet } from '../routing/recent-set.js';
import type { InFlight } from '../routing/ledger.js';
import { watchNodeResponse, watchWebResponse, type ResponseObserver } from './watch-response.js';
import { HttpConnection, eventIdIn } from './connection.js';
import { headerOf, isNodeResponse, mediaTypeOf, methodOf } from './http-headers.js';
import type { OrderedStream } from './ordered-stream.js';
import { RequestStreams } from './request-streams.js';
import { Resumptions } from './resumptions.js';
import { NO_STREAMS, reduce, type OpenStreams, type StreamEvent } from './open-streams.js';

/**
 * Watches `handleRequest` of Node and of web-standard transports. The status, the content type and the event ids of the
 * responses show which streams are open.
 */
export class StreamWatcher implements ResponseObserver {
  #openStreams = NO_STREAMS;
  /** An event with an id was written on some stream. */
  #hasEventStore = false;
  /** The event ids of the standalone stream, by which it is recognised when it is resumed. */
  readonly #standaloneIds = new RecentSet<string>();
  /** Made with the first event: without an event store nothing can be resumed. */
  #requestStreams: RequestStreams | undefined;
  #resumptions: Resumptions | undefined;

  /**
   * @param resumesWhenHandled see `transport-traits.ts`
   * @param hasSeveralSessions if so, it is not known whose stream is whose
   * @param storesEvents see `transport-traits.ts`
   */
  constructor(
    private readonly listener: StreamListener,
    private readonly resumesWhenHandled: boolean,
    private readonly hasSeveralSessions: boolean,
    private readonly storesEvents = false,
  ) {}

  /** The connection by which the client has resumed the stream of this one. */
  resumedBy(connection: HttpConnection): HttpConnection | undefined {
    return this.#requestStreams?.resumedBy(connection);
  }

  /**
   * If the client is just coming back to this stream, the promise resolves when it is back, or when it is certain that it
   * will not be.
   */
  resumption(stream: OrderedStream): Promise<void> | undefined {
    return this.#resumptions?.of((lastEventId) => this.#mayBeOn(stream, lastEventId));
  }

  /** Whether the event may have been on this stream. If it is not remembered, that is any stream that the client has left. */
  #mayBeOn(stream: OrderedStream, eventId: string): boolean {
    const requestStream = this.#requestStreams?.ofEvent(eventId);
    if (requestStream !== undefined) return stream instanceof HttpConnection && stream.requestStream === requestStream;
    // The client of one session must not hold up another session.
    if (this.hasSeveralSessions) return false;
    const isOfStandalone = this.#standaloneIds.has(eventId);
    if (stream instanceof HttpConnection) return !isOfStandalone && stream.isFinished && stream.isResumable;
    return isOfStandalone || this.#openStreams.standaloneIsResumable;
  }

  get openStreams(): OpenStreams {
    return this.#openStreams;
  }

  close(): void {
    this.#resumptions?.close();
  }

  /** Calls `handleRequest` through `run`, which ties the messages in the request to the connection. */
  handle(
    handleRequest: () => unknown,
    [request, response]: readonly unknown[],
    run: (connection: HttpConnection, call: () => unknown) => unknown,
  ): unknown {
    const lastEventId = headerOf(request, 'last-event-id');
    // Transports treat an empty one like none.
    const connection = new HttpConnection(methodOf(request), lastEventId === '' ? undefined : lastEventId);
    this.#tell({ type: 'began' });
    const isResuming = connection.method === 'GET' && connection.lastEventId !== undefined && this.#hasEventStore;
    if (isResuming) (this.#resumptions ??= new Resumptions()).began(connection);
    if (!isNodeResponse(response)) {
      return watchWebResponse(connection, request, () => run(connection, handleRequest), this);
    }
    watchNodeResponse(connection, response, this);
    // The client is gone already. Most SDK versions would wait for a `close` that was emitted before, take the stream for
    // open for ever, and refuse the next one.
    if (connection.method === 'GET' && !connection.isOpen) return Promise.resolve();
    connection.opensWhenHandled =
      this.resumesWhenHandled && connection.method === 'GET' && connection.lastEventId !== undefined;
    const handled = run(connection, handleRequest);
    if (connection.opensWhenHandled) this.#opensWhen(handled, connection);
    // If `handleRequest` fails, its caller may leave the client without a response.
    if (isResuming) Promise.resolve(handled).catch(() => this.#resumptions?.ended(connection));
    return handled;
  }

  /** A request has come in on a connection. */
  arrived(connection: HttpConnection, request: InFlight): void {
    connection.requests.push(request);
    if (connection.isFinished && !connection.isResumable) this.listener.requestLost(request);
  }

  headWritten(connection: HttpConnection, status: number, contentType: unknown): void {
    const mode = status === 200 ? mediaTypeOf(contentType) : undefined;
    connection.isStream = mode === 'sse';
    if (!connection.isStream) this.#resumptions?.ended(connection);
    if (status >= 400 && connection.posted !== undefined) this.listener.refused(connection.posted);
    if (connection.method === 'POST' && connection.requests.length > 0 && mode !== undefined) {
      for (const request of connection.requests) request.isStreaming = connection.isStream;
      this.#tell({ type: 'response-began', mode });
    }
    if (connection.method !== 'GET' || !connection.isStream || connection.opensWhenHandled) return;
    // Older SDKs write the head first and know the stream a moment later. A message sent to it now would be lost.
    queueMicrotask(() => {
      this.#opened(connection);
    });
  }

  #opensWhen(handled: unknown, connection: HttpConnection): void {
    const opened = (): void => {
      if (connection.isStream) this.#opened(connection);
    };
    // The caller of `handleRequest` gets the error.
    Promise.resolve(handled).then(opened, () => undefined);
  }

  #opened(connection: HttpConnection): void {
    // When its event store has answered, the transport may accept a GET whose client has left in the meantime.
    if (!connection.isOpen || connection.isFinished) return;
    const { lastEventId } = connection;
    const replayed = connection.eventIds.splice(0);
    // A resumed request stream is not the standalone stream. Without an event store nothing can be resumed, and any GET
    // is the standalone stream.
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

  /** A GET was taken for a request stream, because the client resumed it after an event that was forgotten long ago. */
  #isStandaloneAfterAll(connection: HttpConnection, id: string): void {
    connection.resumesRequest = false;
    this.#requestStreams?.forget(connection);
    this.#becameStandalone(connection, [id]);
    this.listener.streamOpened();
  }

  bodyWritten(connection: HttpConnection, chunk: unknown): void {
    const isGet = connection.method === 'GET';
    if (!connection.isStream) return;
    const id = eventIdIn(chunk);
    if (id === undefined) return;
    this.#hasEventStore = true;
    connection.isResumable = true;
    if (this.#openStreams.standalone === connection) this.#standaloneIds.add(id);
    // A moment later this may turn out to be the standalone stream.
    else if (isGet && !connection.resumesRequest) connection.eventIds.push(id);
    else if (isGet && this.#standaloneIds.has(id)) this.#isStandaloneAfterAll(connection, id);
    else (this.#requestStreams ??= new RequestStreams()).wrote(id, connection);
  }

  /** Nothing more will be written. */
  finished(connection: HttpConnection): void {
    if (connection.isFinished) return;
    connection.isFinished = true;
    // What was written there has an id, though nobody has seen it, and what is sent there is stored.
    if (connection.isUnread && this.storesEvents) this.#hasEventStore = connection.isResumable = true;
    this.#resumptions?.ended(connection);
    this.#tell({ type: 'finished', connection, resumable: connection.isResumable });
    if (!connection.isResumable) for (const request of connection.requests) this.listener.requestLost(request);
  }

  /** The connection has ended. */
  ended(connection: HttpConnection): void {
    if (!connection.isOpen) return;
    this.finished(connection);
    connection.isOpen = false;
    this.#tell({ type: 'ended' });
    this.listener.connectionsChanged();
  }

  #tell(event: StreamEvent): void {
    this.#openStreams = reduce(this.#openStreams, event);
    if (event.type === 'began') this.listener.connectionsChanged();
  }
}
