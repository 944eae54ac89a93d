/** Every server transport of SDK 1.x and 2.x, each on a real wire, with a client at the other end. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport, type EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import * as sdk2 from '@modelcontextprotocol/server';
import { StdioServerTransport as Sdk2StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { BackchannelOptions } from 'mcp-backchannel';
import { StreamableHTTPServerTransport as OurTransport } from 'mcp-backchannel/http';
import { innerOf } from '../../../src/interceptor/wrapped.js';
import { StdioPeer } from './stdio-peer.js';

interface WireOptions {
  /** Puts the wrapper around the transport, or not. */
  readonly wrap: (bare: Transport) => Transport;
  readonly backchannel?: BackchannelOptions;
  readonly eventStore?: EventStore;
}

/** A transport, its wire and the client's end of it. */
export interface Wire {
  readonly inner: Transport;
  readonly transport: Transport;
  /** The client's end. */
  readonly peer: Transport;
  /** Streamable HTTP only. */
  readonly url: string | undefined;
  /** Closes what closing the two transports leaves open. */
  readonly close: () => Promise<void>;
}

export interface Kind {
  readonly name: string;
  /** It has a back-channel by itself, and cannot be had without one. */
  readonly isOurs?: boolean;
  /** True where each request has a stream of its own. */
  readonly hasStreams: boolean;
  readonly sdk: 1 | 2;
  readonly open: (options: WireOptions) => Promise<Wire>;
}

// The transports of SDK 2.x and 1.x are typed apart; on the wire and to a server they are alike.
const as1 = (transport: object): Transport => transport as Transport;

let sessions = 0;
const sessionIdGenerator = (): string => `session-${String(++sessions)}`;

export const KINDS: readonly Kind[] = [
  { name: 'SDK 1 in-memory', hasStreams: false, sdk: 1, open: inMemory(() => InMemoryTransport.createLinkedPair()) },
  { name: 'SDK 1 stdio', hasStreams: false, sdk: 1, open: stdio((i, o) => new StdioServerTransport(i, o)) },
  { name: 'SDK 1 SSE', hasStreams: false, sdk: 1, open: sse },
  {
    name: 'SDK 1 Streamable HTTP',
    hasStreams: true,
    sdk: 1,
    open: streamable(
      (store) => new StreamableHTTPServerTransport({ sessionIdGenerator, ...store }),
      (transport) => (request, response) => transport.handleRequest(request, response),
    ),
  },
  {
    name: 'SDK 1 web-standard Streamable HTTP',
    hasStreams: true,
    sdk: 1,
    open: streamable(
      (store) => new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator, ...store }),
      (transport) =>
        getRequestListener(async (request) => transport.handleRequest(request), { overrideGlobalObjects: false }),
    ),
  },
  {
    name: 'SDK 2 in-memory',
    hasStreams: false,
    sdk: 2,
    open: inMemory(() => sdk2.InMemoryTransport.createLinkedPair()),
  },
  { name: 'SDK 2 stdio', hasStreams: false, sdk: 2, open: stdio((i, o) => new Sdk2StdioServerTransport(i, o)) },
  {
    name: 'SDK 2 Streamable HTTP',
    hasStreams: true,
    sdk: 2,
    open: streamable(
      (store) => new NodeStreamableHTTPServerTransport({ sessionIdGenerator, ...store }),
      (transport) => (request, response) => transport.handleRequest(request, response),
    ),
  },
  { name: 'our own Streamable HTTP', isOurs: true, hasStreams: true, sdk: 1, open: ours },
];

function inMemory(createPair: () => [object, object]): Kind['open'] {
  return async ({ wrap }) => {
    const [peer, inner] = createPair().map(as1) as [Transport, Transport];
    return Promise.resolve({ inner, transport: wrap(inner), peer, url: undefined, close: async () => peer.close() });
  };
}

function stdio(create: (stdin: PassThrough, stdout: PassThrough) => object): Kind['open'] {
  return async ({ wrap }) => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const inner = as1(create(stdin, stdout));
    const close = async (): Promise<void> => {
      stdin.destroy();
      stdout.destroy();
      return Promise.resolve();
    };
    return Promise.resolve({
      inner,
      transport: wrap(inner),
      peer: new StdioPeer(stdout, stdin),
      url: undefined,
      close,
    });
  };
}

async function sse({ wrap }: WireOptions): Promise<Wire> {
  let open: (ends: Pick<Wire, 'inner' | 'transport'>) => void;
  const opened = new Promise<Pick<Wire, 'inner' | 'transport'>>((resolve) => (open = resolve));
  const { url, close } = await listen((request, response) => {
    if (request.method === 'GET') {
      const inner = new SSEServerTransport('/messages', response);
      open({ inner, transport: wrap(inner) });
    } else {
      void opened.then(async ({ transport }) =>
        (transport as Transport & Pick<SSEServerTransport, 'handlePostMessage'>).handlePostMessage(request, response),
      );
    }
  });
  // The transport comes into being when its client connects, and the client is connected when the
  // transport has started: the rig starts both.
  const peer = new SSEClientTransport(new URL(url));
  const started = peer.start();
  peer.start = async () => started;
  return { ...(await opened), peer, url: undefined, close };
}

function streamable<T extends object>(
  create: (store: { eventStore?: EventStore }) => T,
  listener: (transport: T) => (request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Kind['open'] {
  return async ({ wrap, eventStore }) => {
    const bare = create(eventStore === undefined ? {} : { eventStore });
    const inner = as1(bare);
    const transport = wrap(inner);
    const handle = listener(transport as unknown as T);
    const { url, close } = await listen((request, response) => void handle(request, response));
    return { inner, transport, peer: new StreamableHTTPClientTransport(new URL(url)), url, close };
  };
}

async function ours({ eventStore, backchannel }: WireOptions): Promise<Wire> {
  const transport = new OurTransport({ sessionIdGenerator, eventStore, backchannel });
  const { url, close } = await listen((request, response) => void transport.handleRequest(request, response));
  const inner = innerOf(as1(transport));
  return { inner, transport: as1(transport), peer: new StreamableHTTPClientTransport(new URL(url)), url, close };
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
