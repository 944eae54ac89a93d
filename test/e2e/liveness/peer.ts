/**
 * A transport that faces a client, of each kind there is, and in the place of a proxy the test itself:
 * it sends what it likes, when it likes, and sees what `send()` returns.
 */
import { getRequestListener } from '@hono/node-server';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { withBackchannel, type BackchannelOptions, type RouteEvent, type TransportLike } from 'mcp-backchannel';
import { StreamableHTTPServerTransport as OurTransport } from 'mcp-backchannel/http';
import { StrictClient, type Call, type Message } from '../../../examples/lib/strict-client.js';
import { Journal } from '../../support/journal.js';

export type Flavour = 'Node' | 'web-standard' | 'SDK 2.x' | 'our own';

/** Old versions of SDK 1.x, with which the tests run too, have no web-standard transport. */
const hasWebStandard = (WebStandardStreamableHTTPServerTransport as unknown) !== undefined;
const FOREIGN: readonly Flavour[] = hasWebStandard ? ['Node', 'web-standard', 'SDK 2.x'] : ['Node', 'SDK 2.x'];
export const FLAVOURS: readonly Flavour[] = [...FOREIGN, 'our own'];

export interface PeerOptions {
  readonly flavour?: Flavour;
  /** `'unwatched'`: wrapped, but `handleRequest` is called on the transport inside. */
  readonly wrapped: boolean | 'unwatched';
  readonly backchannel?: BackchannelOptions;
  readonly json?: boolean;
}

type HttpTransport = TransportLike & { handleRequest(...args: unknown[]): Promise<unknown> };

const QUESTION = { mode: 'form', message: 'well?', requestedSchema: { type: 'object', properties: {} } };

export class Peer {
  /** What the proxy gets from its client, or in its place. */
  readonly received = new Journal<Message>();
  readonly routes = new Journal<RouteEvent>();
  readonly errors: Error[] = [];
  /** Connections that the client has dropped, as the server learns of it. */
  readonly #dropped = new Journal<string>();
  /** Something that happens before a request is handled. */
  #delay: ((response: ServerResponse, begin: () => void) => void) | undefined;
  readonly #client = { current: undefined as StrictClient | undefined };

  private constructor(
    private readonly transport: TransportLike,
    private readonly closeServer: () => Promise<void>,
  ) {
    transport.onerror = (error) => this.errors.push(error);
    transport.onmessage = (message: Message) => {
      // The transport refuses requests that name a version newer than it knows.
      if (message.method === 'initialize')
        this.#answer(message, { protocolVersion: LATEST_PROTOCOL_VERSION, capabilities: {} });
      else if (message.method === 'ping') this.#answer(message, {});
      else this.received.note(message);
    };
    if ('backchannel' in transport) {
      const { routes$ } = (transport as ReturnType<typeof withBackchannel>).backchannel;
      routes$.subscribe((event) => {
        this.routes.note(event);
      });
    }
  }

  static async open({ flavour = 'Node', wrapped, backchannel, json = false }: PeerOptions): Promise<Peer> {
    // Ours cannot be had bare. What it is compared with is the SDK's.
    const bare = bareTransport(wrapped === true || flavour !== 'our own' ? flavour : 'Node', json, backchannel);
    const transport = wrapped === false ? bare : withBackchannel(bare, backchannel);
    const faced = wrapped === 'unwatched' ? bare : transport;
    const handle = flavour === 'web-standard' ? throughHono(faced) : throughNode(faced);

    const server = createServer((request, response) => {
      const begin = (): void => {
        void handle(request, response);
        // After the transport and its wrapper, which have been told first.
        response.once('close', () => {
          if (!response.writableFinished) setImmediate(() => peer.#dropped.note(request.method ?? ''));
        });
      };
      if (peer.#delay === undefined) begin();
      else peer.#delay(response, begin);
    });
    const peer = new Peer(transport, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    await transport.start();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
    peer.#client.current = await StrictClient.connect(url);
    return peer;
  }

  get client(): StrictClient {
    if (this.#client.current === undefined) throw new Error('not connected');
    return this.#client.current;
  }

  /** The client calls, and the proxy has the call. */
  async called(id: string): Promise<Call> {
    const arrived = this.received.next((message) => message.id === id);
    const call = this.client.start('tools/call', { name: 'any' }, id);
    await arrived;
    return call;
  }

  /** The client drops the connection of a call, and the server knows. */
  async dropped(call: Call): Promise<void> {
    const known = this.#dropped.next((method) => method === 'POST');
    await call.drop();
    await known;
  }

  /** The client drops every connection, and the server knows of these. */
  async vanished(...methods: readonly string[]): Promise<void> {
    const known = Promise.all(methods.map(async (method) => this.#dropped.next((dropped) => dropped === method)));
    this.client.vanish();
    await known;
  }

  /** The client sends a request and drops every connection, and only then is the request handled. */
  async goneBeforeHandled(send: () => void): Promise<void> {
    const handled = new Promise<void>((resolve) => {
      this.#delay = (response, begin) => {
        this.#delay = undefined;
        response.once('close', () => {
          setImmediate(begin);
          setImmediate(resolve);
        });
        this.client.vanish();
      };
    });
    send();
    await handled;
  }

  /** Asks the client. Gives back `'sent'`, or the error that `send()` rejects with. */
  async ask(id: string, relatedRequestId?: string): Promise<unknown> {
    return this.send({ id, method: 'elicitation/create', params: QUESTION }, relatedRequestId);
  }

  async send(message: Message, relatedRequestId?: string): Promise<unknown> {
    const options = relatedRequestId === undefined ? undefined : { relatedRequestId };
    return this.transport.send({ jsonrpc: '2.0', ...message }, options).then(
      () => 'sent',
      (error: unknown) => error,
    );
  }

  /** The streams on which a message has arrived, the client having heard of what was sent after it. */
  async streamsOf(fits: (message: Message) => boolean): Promise<string[]> {
    await this.client.request('ping');
    return this.client.arrivals.filter(({ message }) => fits(message)).map(({ stream }) => stream);
  }

  async close(): Promise<void> {
    this.#client.current?.vanish();
    await this.transport.close();
    await this.closeServer();
  }

  #answer({ id }: Message, result: object): void {
    const serverInfo = { name: 'peer', version: '1.0.0' };
    void this.transport.send({ jsonrpc: '2.0', id, result: { ...result, serverInfo } });
  }
}

function bareTransport(flavour: Flavour, enableJsonResponse: boolean, backchannel?: BackchannelOptions): HttpTransport {
  const options = { sessionIdGenerator: randomUUID, enableJsonResponse };
  switch (flavour) {
    case 'Node':
      return new StreamableHTTPServerTransport(options);
    case 'web-standard':
      return new WebStandardStreamableHTTPServerTransport(options);
    case 'SDK 2.x':
      return new NodeStreamableHTTPServerTransport(options);
    case 'our own':
      return new OurTransport({ ...options, backchannel });
  }
}

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

function throughNode(transport: HttpTransport): Handle {
  return (request, response) => transport.handleRequest(request, response);
}

function throughHono(transport: HttpTransport): Handle {
  return getRequestListener(async (request) => transport.handleRequest(request), {
    overrideGlobalObjects: false,
  });
}

/** Opens peers that are closed after each test. */
export function peers(): (options: PeerOptions) => Promise<Peer> {
  const opened: Peer[] = [];
  afterEach(async () => {
    for (const peer of opened.splice(0)) await peer.close();
  });
  return async (options) => {
    const peer = await Peer.open(options);
    opened.push(peer);
    return peer;
  };
}

export const isAsk =
  (id: string) =>
  (message: Message): boolean =>
    message.id === id && message.method === 'elicitation/create';
