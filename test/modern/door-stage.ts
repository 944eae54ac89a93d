/** Modern SDK clients, a proxy over real HTTP, and a legacy backend behind it. */
import { createServer } from 'node:http';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createStatefulProxy, type StatefulProxy, type StatefulProxyOptions } from 'mcp-backchannel/proxy';
import type { RouteEvent } from 'mcp-backchannel';
import { HttpTransport } from '../../src/backends/http/index.js';
import { serve } from '../../examples/lib/serve.js';
import { closers, listen } from '../proxy/support.js';
import { Journal, legacyBackend } from './legacy-backend.js';
import { connectTo, type ClientOptions, type Connected } from './modern-client.js';
import { programArgs } from '../support/built-programs.js';

export { called } from './modern-client.js';

/** The legacy backend as a program: what Node is given to run it. */
export const STDIO_BACKEND: readonly string[] = programArgs(new URL('legacy-backend-stdio.ts', import.meta.url));

export type BackendKind = 'http' | 'stdio';

interface DoorClientOptions extends ClientOptions {
  /** Through the web-standard entry of the proxy. */
  readonly byFetch?: boolean;
}

export interface DoorStage {
  readonly url: string;
  readonly proxy: StatefulProxy;
  /** Of a backend over HTTP. */
  readonly journal: Journal;
  /** The backend over HTTP goes away. */
  readonly endBackends: () => Promise<void>;
  readonly errors: Error[];
  readonly routes: RouteEvent[];
  /** A client that is pinned to the modern revision. Its server requests are in `asked`. */
  readonly connect: (options?: DoorClientOptions) => Promise<Connected>;
}

export function doors(): (kind?: BackendKind, options?: Partial<StatefulProxyOptions>) => Promise<DoorStage> {
  const closing = closers();
  return async (kind = 'http', options = {}) => {
    const journal = new Journal();
    const { upstream, endBackends } = kind === 'http' ? await overHttp(journal) : OVER_STDIO;
    closing(endBackends);
    const errors: Error[] = [];
    const routes: RouteEvent[] = [];
    const proxy = createStatefulProxy({ upstream, onerror: (error) => errors.push(error), ...options });
    proxy.routes$.subscribe((event) => routes.push(event));
    const http = createServer(proxy.listener);
    const url = await listen(http);
    closing(async () => {
      await proxy.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
    return {
      url,
      proxy,
      journal,
      endBackends,
      errors,
      routes,
      connect: async ({ byFetch = false, ...options } = {}) => {
        const given = byFetch && {
          fetch: async (input: string | URL, init?: RequestInit) => proxy.fetch(new Request(input, init)),
        };
        const connected = await connectTo(url, options, given || {});
        closing(() => connected.client.close());
        return connected;
      },
    };
  };
}

interface Backends {
  readonly upstream: StatefulProxyOptions['upstream'];
  readonly endBackends: () => Promise<void>;
}

async function overHttp(journal: Journal): Promise<Backends> {
  const backend = await serve({
    onSession: async (transport) => {
      await legacyBackend(journal).connect(transport);
      return transport;
    },
  });
  return { upstream: () => new HttpTransport(new URL(backend.url)), endBackends: async () => backend.close() };
}

const OVER_STDIO: Backends = {
  upstream: () => new StdioClientTransport({ command: process.execPath, args: [...STDIO_BACKEND] }),
  endBackends: async () => Promise.resolve(),
};
