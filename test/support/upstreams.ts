/** The ways to reach a backend, each real: a process, a server on loopback, or the same process. */
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBackend } from '../../examples/lib/backend.js';
import { serve } from '../../examples/lib/serve.js';
import { programArgs } from './built-programs.js';

export type UpstreamKind = 'stdio' | 'streamable-http' | 'sse' | 'in-memory';

export const UPSTREAM_KINDS: readonly UpstreamKind[] = ['stdio', 'streamable-http', 'sse', 'in-memory'];

export interface Upstream {
  connect(): Promise<Transport>;
  close(): Promise<void>;
}

const BACKEND = new URL('../../examples/lib/backend-stdio.ts', import.meta.url);

/** Starts a backend as a process of its own, over stdio. */
export const BACKEND_COMMAND = { command: process.execPath, args: programArgs(BACKEND) };

/** A backend, running, with the tools of `examples/lib/backend.ts`. One session for each `connect()`. */
export async function startUpstream(kind: UpstreamKind): Promise<Upstream> {
  switch (kind) {
    case 'stdio': {
      const running: { transport: StdioClientTransport; ended: Promise<void> }[] = [];
      return {
        async connect() {
          const transport = new StdioClientTransport(BACKEND_COMMAND);
          const ended = new Promise<void>((resolve) => (transport.onclose = resolve));
          running.push({ transport, ended });
          return Promise.resolve(transport);
        },
        /** Every process is gone afterwards. A proxy that closes its transport does not wait for that. */
        async close() {
          await Promise.all(running.map(async ({ transport }) => transport.close()));
          await Promise.all(running.map(async ({ ended }) => ended));
        },
      };
    }
    case 'streamable-http': {
      const { url, close } = await serve({
        onSession: async (transport) => {
          await createBackend().connect(transport);
          return transport;
        },
      });
      return { connect: async () => Promise.resolve(new StreamableHTTPClientTransport(new URL(url))), close };
    }
    case 'sse':
      return startSse();
    case 'in-memory':
      return {
        async connect() {
          const [client, server] = InMemoryTransport.createLinkedPair();
          await createBackend().connect(server);
          return client;
        },
        close: async () => Promise.resolve(),
      };
  }
}

async function startSse(): Promise<Upstream> {
  const sessions = new Map<string, SSEServerTransport>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      sessions.set(transport.sessionId, transport);
      void createBackend().connect(transport);
    } else {
      void sessions.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/sse`);
  return {
    connect: async () => Promise.resolve(new SSEClientTransport(url)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
