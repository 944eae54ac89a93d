import type { InFlight } from '../routing/ledger.js';
import type { ClientStreams, StreamListener } from '../streams/client-streams.js';
import { HttpConnection } from '../streams/connection.js';
import { isOfSession, isWatchable, methodOf } from '../streams/http-headers.js';
import type { OpenStreams } from '../streams/open-streams.js';
import type { OrderedStream } from '../streams/ordered-stream.js';
import { postedAnswers } from '../streams/posted-answers.js';
import { StreamWatcher } from '../streams/stream-watcher.js';
import { resumesWhenHandled, storesEvents, storesWhileAway } from '../streams/transport-traits.js';
import { connectionOn, onConnection } from './origin.js';

/** The streams of a foreign transport. What is known of them is seen in the responses that it writes. */
export class WatchedStreams implements ClientStreams {
  /** Made by the first `handleRequest` that can be watched. Without it nothing is known of streams. */
  #watcher: StreamWatcher | undefined;

  /**
   * @param identity tells the transport from others in the async context
   * @param hasSeveralSessions if so, it is not known whose stream is whose
   */
  constructor(
    private readonly inner: object,
    private readonly identity: object,
    private readonly hasSeveralSessions: boolean,
    private readonly listener: StreamListener,
  ) {}

  get openStreams(): OpenStreams | undefined {
    return this.#watcher?.openStreams;
  }

  get storesWhileAway(): boolean {
    return storesWhileAway(this.inner);
  }

  get arriving(): HttpConnection | undefined {
    const connection = connectionOn(this.identity);
    return connection instanceof HttpConnection ? connection : undefined;
  }

  /** @param args those of `call` */
  handleRequest(call: () => unknown, args: readonly unknown[]): unknown {
    if (!isWatchable(args)) return call();
    const { inner, listener, hasSeveralSessions } = this;
    this.#watcher ??= new StreamWatcher(listener, resumesWhenHandled(inner), hasSeveralSessions, storesEvents(inner));
    // Only while a server request is open may a POST be an answer to one.
    const mayAnswer = listener.expectsAnswers && this.#isPostOfSession(args[0]);
    const posted = mayAnswer ? postedAnswers(args) : undefined;
    return this.#watcher.handle(call, args, (connection, work) => {
      connection.posted = posted;
      return onConnection(this.identity, connection, work);
    });
  }

  #isPostOfSession(request: unknown): boolean {
    const { sessionId } = this.inner as { readonly sessionId?: unknown };
    return methodOf(request) === 'POST' && isOfSession(request, sessionId);
  }

  arrived(connection: HttpConnection, request: InFlight): void {
    this.#watcher?.arrived(connection, request);
  }

  resumption(stream: OrderedStream): Promise<void> | undefined {
    return this.#watcher?.resumption(stream);
  }

  resumedBy(connection: HttpConnection): HttpConnection | undefined {
    return this.#watcher?.resumedBy(connection);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
