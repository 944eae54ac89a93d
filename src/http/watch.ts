import type { InFlight } from '../routing/ledger.js';
import { EventIds, HttpExchange, eventIdIn } from './exchange.js';
import { NO_STREAMS, reduce, type HttpStreams, type StreamEvent } from './streams.js';

/** Node's response, as far as it is watched. */
interface NodeResponse {
  writeHead: (...args: unknown[]) => unknown;
  write: (...args: unknown[]) => unknown;
  once(event: 'close', listener: () => void): unknown;
  readonly closed?: boolean;
  getHeader(name: string): unknown;
  readonly destroyed?: boolean;
}

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
 * Watches `handleRequest`, of Node and of web-standard transports, and so knows which streams are open.
 * It reads status, content type and the ids of events from what the transport answers; the answer
 * itself is passed on as it is.
 */
export class Watch {
  #streams = NO_STREAMS;
  /** An event with an id was written on some stream. */
  #hasEventStore = false;
  readonly #standaloneIds = new EventIds();

  constructor(private readonly listener: WatchListener) {}

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
    if (isNodeResponse(response)) {
      this.#watchNode(exchange, response);
      return run(exchange, () => handleRequest(...args));
    }
    this.#watchSignal(exchange, signalOf(request));
    let answer: unknown;
    try {
      answer = run(exchange, () => handleRequest(...args));
    } catch (error) {
      this.#ended(exchange);
      throw error;
    }
    return this.#watchWeb(exchange, answer);
  }

  /** A request has come in on an exchange. */
  arrived(exchange: HttpExchange, request: InFlight): void {
    exchange.requests.push(request);
    if (!exchange.isOpen && !exchange.isResumable) this.listener.requestLost(request);
  }

  #watchNode(exchange: HttpExchange, response: NodeResponse): void {
    const { writeHead, write } = response;
    response.writeHead = (...args) => {
      const result = writeHead.apply(response, args);
      this.#answered(exchange, Number(args[0]), contentTypeOf(args) ?? response.getHeader('content-type'));
      return result;
    };
    response.write = (...args) => {
      this.#wrote(exchange, args[0]);
      return write.apply(response, args);
    };
    // Who calls `handleRequest` may have taken so long that the client is gone, and its `close` past.
    if (response.closed === true || response.destroyed === true) this.#ended(exchange);
    else {
      response.once('close', () => {
        this.#ended(exchange);
      });
    }
  }

  /** The client may go before there is an answer whose body could be cancelled. */
  #watchSignal(exchange: HttpExchange, signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) this.#ended(exchange);
    else signal?.addEventListener('abort', () => this.#ended(exchange), { once: true });
  }

  async #watchWeb(exchange: HttpExchange, answer: unknown): Promise<unknown> {
    let response: unknown;
    try {
      response = await answer;
    } catch (error) {
      this.#ended(exchange);
      throw error;
    }
    if (!isWebResponse(response)) {
      this.#ended(exchange);
      return response;
    }
    this.#answered(exchange, response.status, response.headers.get('content-type'));
    if (!exchange.isStream || response.body === null) {
      this.#ended(exchange);
      return response;
    }
    const { status, statusText, headers } = response;
    return new Response(this.#watchBody(exchange, response.body), { status, statusText, headers });
  }

  #watchBody(exchange: HttpExchange, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read().catch((error: unknown) => {
            this.#ended(exchange);
            throw error;
          });
          if (done) {
            this.#ended(exchange);
            controller.close();
            return;
          }
          this.#wrote(exchange, value);
          controller.enqueue(value);
        },
        cancel: async (reason) => {
          this.#ended(exchange);
          await reader.cancel(reason);
        },
      },
      // Reads only when it is read: what waits, waits where it did before.
      { highWaterMark: 0 },
    );
  }

  #answered(exchange: HttpExchange, status: number, contentType: unknown): void {
    if (status !== 200) return;
    const as = mediaTypeOf(contentType);
    if (exchange.method === 'POST' && exchange.requests.length > 0 && as !== undefined) {
      this.#tell({ type: 'answered', as });
    }
    exchange.isStream = as === 'sse';
    // The transport may accept, when its event store has answered, what the client has left meanwhile.
    if (exchange.method !== 'GET' || !exchange.isStream || !exchange.isOpen) return;
    const { lastEventId } = exchange;
    // A resumed request stream is no standalone stream. Without an event store there is nothing to
    // resume, and any GET is one.
    const resumesRequest = lastEventId !== undefined && this.#hasEventStore && !this.#standaloneIds.has(lastEventId);
    if (!resumesRequest) this.#tell({ type: 'became-standalone', exchange });
    this.listener.streamOpened();
  }

  #wrote(exchange: HttpExchange, chunk: unknown): void {
    const isStandalone = this.#streams.standalone === exchange;
    if (!exchange.isStream || (exchange.isResumable && !isStandalone)) return;
    const id = eventIdIn(chunk);
    if (id === undefined) return;
    this.#hasEventStore = true;
    exchange.isResumable = true;
    if (isStandalone) this.#standaloneIds.add(id);
  }

  #ended(exchange: HttpExchange): void {
    if (!exchange.isOpen) return;
    exchange.isOpen = false;
    this.#tell({ type: 'ended', exchange, resumable: exchange.isResumable });
    if (!exchange.isResumable) for (const request of exchange.requests) this.listener.requestLost(request);
    this.listener.connectionsChanged();
  }

  #tell(event: StreamEvent): void {
    this.#streams = reduce(this.#streams, event);
    if (event.type === 'began') this.listener.connectionsChanged();
  }
}

/**
 * Whether these are arguments of `handleRequest` by which streams can be watched. Some transports take
 * the context of a framework: of their streams nothing is known, which is not to say that none is open.
 */
export function isWatchable([request, response]: readonly unknown[]): boolean {
  if (typeof request !== 'object' || request === null) return false;
  const { method, headers } = request as { readonly method?: unknown; readonly headers?: unknown };
  return isNodeResponse(response) || (typeof method === 'string' && typeof headers === 'object' && headers !== null);
}

function isNodeResponse(value: unknown): value is NodeResponse {
  return typeof value === 'object' && value !== null && 'writeHead' in value && 'once' in value;
}

// Adapters put a `Response` of their own in the place of the global one.
function isWebResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
}

/** The signal of a web-standard request: aborted when the client goes, on platforms that tell. */
function signalOf(request: unknown): AbortSignal | undefined {
  const { signal } = request as { signal?: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}

function methodOf(request: unknown): string {
  const { method } = request as { method?: unknown };
  return typeof method === 'string' ? method : '';
}

/** A header of a Node or a web-standard request. */
function headerOf(request: unknown, name: string): string | undefined {
  const { headers } = request as { headers?: unknown };
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = (headers as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** The content type among the arguments of `writeHead(status, [reason], headers)`. */
function contentTypeOf(args: readonly unknown[]): unknown {
  const headers = args.find((arg) => typeof arg === 'object' && arg !== null);
  if (headers === undefined) return undefined;
  const pairs = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers);
  return pairs.find(([name]) => String(name).toLowerCase() === 'content-type')?.[1];
}

/** Node takes headers as pairs, and as one flat list of names and values. */
function pairsOf(headers: readonly unknown[]): (readonly [unknown, unknown])[] {
  if (Array.isArray(headers[0])) return headers as (readonly [unknown, unknown])[];
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]] as const] : []));
}

function mediaTypeOf(contentType: unknown): 'sse' | 'json' | undefined {
  const type = typeof contentType === 'string' ? contentType.toLowerCase() : '';
  if (type.startsWith('text/event-stream')) return 'sse';
  return type.startsWith('application/json') ? 'json' : undefined;
}
