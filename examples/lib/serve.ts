/** Serves MCP sessions over Streamable HTTP on loopback: one transport per session. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export interface ServeOptions {
  /** Called with each new session's transport, unconnected; gives back the one to call `handleRequest` on. */
  readonly onSession: (transport: StreamableHTTPServerTransport) => Promise<StreamableHTTPServerTransport>;
  readonly transport?: StreamableHTTPServerTransportOptions;
  /** @default the SDK's transport */
  readonly create?: (options: StreamableHTTPServerTransportOptions) => StreamableHTTPServerTransport;
}

export interface Served {
  readonly url: string;
  /** The transports of the sessions, by id. */
  readonly sessions: ReadonlyMap<string, StreamableHTTPServerTransport>;
  readonly close: () => Promise<void>;
}

export async function serve(given: ServeOptions): Promise<Served> {
  const { onSession, transport: options, create = createOfSdk } = given;
  const sessions = new Map<string, StreamableHTTPServerTransport>();

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport = await onSession(
      create({
        ...options,
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => {
          sessions.set(id, transport);
        },
        onsessionclosed: (id) => {
          sessions.delete(id);
        },
      }),
    );
    return transport;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const transport = typeof id === 'string' ? sessions.get(id) : await open();
    if (transport === undefined) response.writeHead(404).end();
    else await transport.handleRequest(request, response);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    sessions,
    async close() {
      await Promise.all([...sessions.values()].map(async (transport) => transport.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createOfSdk(options: StreamableHTTPServerTransportOptions): StreamableHTTPServerTransport {
  return new StreamableHTTPServerTransport(options);
}
