import { putBounded } from '../routing/bounded.js';
import type { HttpConnection, RequestStream } from './connection.js';

/** How many events are remembered. A client that resumes, resumes after one of the newest. */
const MAX_REMEMBERED = 1_024;

/** Finds the request stream that a connection resumes, by the ids of its events. */
export class RequestStreams {
  /** The stream of each event. It keeps streams and not connections, which hold on to much that is over. */
  readonly #byEventId = new Map<string, RequestStream>();
  /** The last connection that resumed a stream that is not remembered. That may be any stream. */
  #unknown: HttpConnection | undefined;

  /** An event was written on a connection that carries a request stream. */
  wrote(eventId: string, connection: HttpConnection): void {
    // The stream is not remembered, so neither are its later events.
    if (connection.resumesRequest && connection.requestStream === undefined) return;
    connection.requestStream ??= { resumedBy: undefined };
    putBounded(this.#byEventId, eventId, connection.requestStream, MAX_REMEMBERED);
  }

  /** A connection has resumed the request stream of this event. */
  resumed(lastEventId: string, connection: HttpConnection): void {
    const stream = this.#byEventId.get(lastEventId);
    if (stream === undefined) this.#unknown = connection;
    else stream.resumedBy = connection;
    connection.requestStream = stream;
  }

  /** The stream of the event, if it is remembered. */
  ofEvent(id: string): RequestStream | undefined {
    return this.#byEventId.get(id);
  }

  /** A connection has turned out to carry no request stream. */
  forget(connection: HttpConnection): void {
    connection.requestStream = undefined;
    if (this.#unknown === connection) this.#unknown = undefined;
  }

  /** As far as is known, the connection by which the client has resumed the stream of this one. */
  resumedBy({ requestStream }: HttpConnection): HttpConnection | undefined {
    return this.#unknown?.isFinished === false ? this.#unknown : requestStream?.resumedBy;
  }
}
