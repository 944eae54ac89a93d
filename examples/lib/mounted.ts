import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createStatefulProxy, type StatefulProxy } from 'mcp-backchannel/proxy';

const BACKEND = fileURLToPath(new URL('backend-stdio.ts', import.meta.url));

/** What each mount gives back. */
export interface Mounted {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A stateful proxy of a backend over stdio: what is mounted, whatever it is mounted under. */
export function createProxy(): StatefulProxy {
  return createStatefulProxy({
    upstream: () => new StdioClientTransport({ command: process.execPath, args: ['--import', 'tsx', BACKEND] }),
  });
}

/** Serves a mount on loopback, on a free port. */
export async function serveMount(mount: { close(): Promise<void> }, listener: RequestListener): Promise<Mounted> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`,
    async close() {
      await mount.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
