import { putBounded } from '../routing/bounded.js';
import type { HttpConnection } from './connection.js';

/** How many events are remembered: who resumes, resumes after one of the newest. */
const MAX_REMEMBERED = 1_024;

/** The stream of a request. It outlives its connection: the client may resume it, and more than once. */
export interface RequestStream {
  /** The connection that has resumed it last. */
  resumedBy: HttpConnection | undefined;
}

/** Knows by the ids of its events which request stream a connection resumes. */
export class RequestStreams {
  /** Whose event it was. Streams, and not connections: those hold on to much that is over. */
  readonly #byEventId = new Map<string, RequestStream>();
  /** The last connection that resumed a stream which is not remembered. It may be any. */
  #unknown: HttpConnection | undefined;

  /** An event was written on a connection that carries a request stream. */
  wrote(eventId: string, connection: HttpConnection): void {
    // Nor is remembered what follows on a stream that is not.
    if (connection.resumesRequest && connection.requestStream === undefined) return;
    connection.requestStream ??= { resumedBy: undefined };
    putBounded(this.#byEventId, eventId, connection.requestStream, MAX_REMEMBERED);
  }

  /** A connection has resumed the request stream in which this event was. */
  resumed(lastEventId: string, connection: HttpConnection): void {
    const stream = this.#byEventId.get(lastEventId);
    if (stream === undefined) this.#unknown = connection;
    else stream.resumedBy = connection;
    connection.requestStream = stream;
  }

  /** The stream that the event was on, if that is remembered. */
  ofEvent(id: string): RequestStream | undefined {
    return this.#byEventId.get(id);
  }

  /** A connection has turned out to carry no request stream. */
  forget(connection: HttpConnection): void {
    connection.requestStream = undefined;
    if (this.#unknown === connection) this.#unknown = undefined;
  }

  /** The connection by which the client has come back, as far as is known, for what is written on this one. */
  resumedBy({ requestStream }: HttpConnection): HttpConnection | undefined {
    return this.#unknown?.isFinished === false ? this.#unknown : requestStream?.resumedBy;
  }
}
