import { putBounded } from '../routing/bounded.js';
import type { HttpExchange } from './exchange.js';

/** How many events are remembered: who resumes, resumes after one of the newest. */
const MAX_REMEMBERED = 1_024;

/** The stream of a request. It outlives its connection: the client may resume it, and more than once. */
export interface RequestStream {
  /** The connection that has resumed it last. */
  resumedBy: HttpExchange | undefined;
}

/** Knows by the ids of its events which request stream a connection resumes. */
export class RequestStreams {
  /** Whose event it was. Streams, and not exchanges: those hold on to much that is over. */
  readonly #byEventId = new Map<string, RequestStream>();
  /** The last connection that resumed a stream which is not remembered. It may be any. */
  #unknown: HttpExchange | undefined;

  /** An event was written on a connection that carries a request stream. */
  wrote(eventId: string, exchange: HttpExchange): void {
    // Nor is remembered what follows on a stream that is not.
    if (exchange.resumesRequest && exchange.requestStream === undefined) return;
    exchange.requestStream ??= { resumedBy: undefined };
    putBounded(this.#byEventId, eventId, exchange.requestStream, MAX_REMEMBERED);
  }

  /** A connection has resumed the request stream in which this event was. */
  resumed(lastEventId: string, exchange: HttpExchange): void {
    const stream = this.#byEventId.get(lastEventId);
    if (stream === undefined) this.#unknown = exchange;
    else stream.resumedBy = exchange;
    exchange.requestStream = stream;
  }

  /** A connection has turned out to carry no request stream. */
  forget(exchange: HttpExchange): void {
    exchange.requestStream = undefined;
    if (this.#unknown === exchange) this.#unknown = undefined;
  }

  /** The connection by which the client has come back, as far as is known, for what is written on this one. */
  resumedBy({ requestStream }: HttpExchange): HttpExchange | undefined {
    return this.#unknown?.isFinished === false ? this.#unknown : requestStream?.resumedBy;
  }
}
