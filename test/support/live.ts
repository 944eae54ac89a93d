/**
 * One session of an SDK server over HTTP, bare or wrapped. Its calls run until the test lets them go,
 * and the test sends what it likes meanwhile; connections that end are seen where the server sees them.
 */
import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type {
  StreamableHTTPServerTransport,
  StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { CallToolRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import {
  withBackchannel,
  type Backchannel,
  type BackchannelOptions,
  type RouteEvent,
  type Snapshot,
} from 'mcp-backchannel';
import { serve } from '../../examples/lib/serve.js';
import {
  StrictClient,
  type Arrival,
  type Call,
  type Exchange,
  type StrictClientOptions,
} from '../../examples/lib/strict-client.js';
import { innerOf } from '../../src/interceptor/wrapped.js';
import { deferred, type Deferred } from './deferred.js';
import type { Extra } from './sessions.js';
import { SDKS, type HttpTransport } from './transports.js';
import { Unanswered } from './unanswered.js';

export interface LiveOptions {
  /** `'unwatched'`: the server talks to the wrapped transport, but HTTP requests are handed to the bare one. */
  readonly wrapped?: boolean | 'unwatched';
  readonly backchannel?: BackchannelOptions;
  readonly transport?: StreamableHTTPServerTransportOptions;
  readonly client?: StrictClientOptions;
  /** @default the SDK's */
  readonly kind?: HttpTransport;
  /** Sees the transport inside before anything is sent. */
  readonly onBare?: (bare: StreamableHTTPServerTransport) => void;
}

/** A tool call that the server is working on. */
export interface Running {
  readonly extra: Extra;
  /** Does something in the async context of the call. */
  readonly onBehalf: <R>(work: () => R) => R;
  readonly finish: (text?: string) => void;
  /** The server has seen the connection of the call end. */
  readonly gone: Promise<unknown>;
}

/** What a session holds at one moment. */
export interface Left extends Snapshot {
  /** The HTTP requests that are not answered to the end. */
  readonly unanswered: readonly string[];
}

export const NOTHING: Left = { inFlight: [], openExchanges: 0, parked: 0, unanswered: [] };

const SCHEMA = { type: 'object' as const, properties: {} };

export class Live {
  readonly routes: RouteEvent[] = [];
  /** What the transport reported. */
  readonly errors: (Error & { readonly code?: unknown })[] = [];
  client!: StrictClient;
  server!: Server;
  /** What the server is connected to. */
  transport!: StreamableHTTPServerTransport;
  readonly #calls = new Map<string | number, Deferred<Running>>();
  readonly #gone = new Map<string, Promise<unknown>>();
  readonly #unanswered = new Unanswered();
  #close = async (): Promise<void> => Promise.resolve();

  static async open(options: LiveOptions = {}): Promise<Live> {
    const live = new Live();
    const { kind = SDKS, wrapped = true } = options;
    if (kind.isOurs && wrapped !== true) throw new TypeError('our own transport has a back-channel in any case');
    const served = await serve({
      create: (own) => kind.create(own, options.backchannel),
      ...(options.transport && { transport: options.transport }),
      onSession: async (bare) => live.#connect(bare, options),
    });
    live.client = await StrictClient.connect(served.url, options.client);
    live.#close = served.close;
    return live;
  }

  /** Starts a call, and comes back when the server works on it. */
  async call(id: string): Promise<Running & Call> {
    const call = this.client.start('tools/call', { name: 'work' }, id);
    return { ...call, ...(await this.running(id)) };
  }

  async running(id: string | number): Promise<Running> {
    return this.#call(id).promise;
  }

  /** Opens the standalone stream as soon as the server lets it: it allows one at a time. */
  async openGet(lastEventId?: string): Promise<Exchange> {
    let exchange: Exchange;
    do exchange = await this.client.openGet(lastEventId);
    while (exchange.status === 409);
    return exchange;
  }

  /** Drops a connection; comes back when the server has seen it. */
  async drop(exchange: Exchange, method = 'GET'): Promise<void> {
    const gone = this.#gone.get(method);
    exchange.drop();
    await gone;
  }

  /** Asks as a proxy does that relays a question: it does not know on whose behalf. */
  ask(message: string, options?: RequestOptions): Promise<ElicitResult> {
    const answer = this.server.elicitInput({ mode: 'form', message, requestedSchema: SCHEMA }, options);
    // One that stays open fails when the session is closed.
    answer.catch(() => undefined);
    return answer;
  }

  /** What the client was asked so far, and on which streams. */
  get questions(): { readonly message: unknown; readonly stream: string }[] {
    return this.client.arrivals
      .filter(isQuestion)
      .map(({ message, stream }) => ({ message: (message.params as { message: unknown }).message, stream }));
  }

  /** Resolves with the first route event that fits, of those yet to come. */
  async route(fits: (event: RouteEvent) => boolean): Promise<RouteEvent> {
    const { backchannel } = this.transport as unknown as ReturnType<typeof withBackchannel>;
    return new Promise((resolve) => {
      const subscription = backchannel.routes$.subscribe((event) => {
        if (!fits(event)) return;
        subscription.unsubscribe();
        resolve(event);
      });
    });
  }

  async close(): Promise<void> {
    await this.end();
    await this.#close();
  }

  /** Ends the session: the client is gone, and the transport is closed. */
  async end(): Promise<void> {
    this.client.vanish();
    await this.transport.close();
  }

  /** What the session holds; what a bare transport does cannot be told. */
  left(): Left {
    const { backchannel } = this.transport as { readonly backchannel?: Backchannel };
    return { ...(backchannel?.snapshot() ?? NOTHING), unanswered: this.#unanswered.list };
  }

  async #connect(
    bare: StreamableHTTPServerTransport,
    { wrapped = true, backchannel, onBare }: LiveOptions,
  ): Promise<StreamableHTTPServerTransport> {
    onBare?.(innerOf(bare));
    const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
    this.server = new Server({ name: 'live', version: '1.0.0' }, { capabilities });
    this.server.setRequestHandler(CallToolRequestSchema, async (_request, extra) => {
      const finished = deferred<string | undefined>();
      const context = new AsyncResource('call');
      this.#call(extra.requestId).resolve({
        extra,
        onBehalf: (work) => context.runInAsyncScope(work),
        finish: finished.resolve,
        gone: this.#gone.get('POST') ?? Promise.reject(new Error('called without a POST')),
      });
      return { content: [{ type: 'text' as const, text: (await finished.promise) ?? 'done' }] };
    });
    this.server.onerror = (error) => this.errors.push(error);
    if (wrapped === false) {
      this.transport = bare;
    } else {
      const transport = withBackchannel(bare, backchannel);
      transport.backchannel.routes$.subscribe((event) => this.routes.push(event));
      this.transport = transport;
    }
    await this.server.connect(this.transport);
    return this.#watched(wrapped === 'unwatched' ? bare : this.transport);
  }

  #watched(transport: StreamableHTTPServerTransport): StreamableHTTPServerTransport {
    const handle = transport.handleRequest.bind(transport);
    transport.handleRequest = async (request: IncomingMessage, response: ServerResponse, body?: unknown) => {
      this.#unanswered.add(request, response);
      this.#gone.set(request.method ?? '', new Promise((resolve) => response.once('close', resolve)));
      await handle(request, response, body);
    };
    return transport;
  }

  #call(id: string | number): Deferred<Running> {
    const known = this.#calls.get(id) ?? deferred<Running>();
    this.#calls.set(id, known);
    return known;
  }
}

export const isQuestion = ({ message }: Arrival): boolean => message.method === 'elicitation/create';
