/** The full server of revision 2026-07-28 over HTTP and over stdio, for the command. */
import { createServer, type ServerResponse } from 'node:http';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { expect } from 'vitest';
import { fullServer } from '../backends/modern/full-server.js';
import { listen } from '../proxy/support.js';
import type { Command, Started } from './support.js';
import { programArgs } from '../support/built-programs.js';

export interface FullBackend {
  /** What follows the options of the command. */
  readonly args: readonly string[];
  /** The tool `hang` was cancelled. */
  readonly cancelled: (command: Command) => Promise<unknown>;
  /** A resource changes, and then the list of tools. */
  readonly change: (client: Client) => Promise<unknown>;
  /** Only over HTTP. */
  readonly http?: {
    /** The values of `Mcp-Param-Region`. */
    readonly regions: string[];
    /** The streams of changes, as the server has answered them. */
    readonly listens: ServerResponse[];
  };
}

const PROGRAM = new URL('../backends/modern/full-program.ts', import.meta.url);

export const FULL_BACKENDS: Readonly<Record<string, (started: Started) => Promise<FullBackend>>> = {
  stdio: async () =>
    Promise.resolve({
      args: ['--', process.execPath, ...programArgs(PROGRAM)],
      cancelled: async (command) => command.line(/cancelled/),
      change: async (client) => client.callTool({ name: 'change' }),
    }),
  'Streamable HTTP': overHttp,
};

async function overHttp(started: Started): Promise<FullBackend> {
  let cancelled = 0;
  const [regions, listens]: [string[], ServerResponse[]] = [[], []];
  const handler = createMcpHandler(
    () =>
      fullServer(() => {
        cancelled += 1;
      }),
    { legacy: 'reject' },
  );
  const handle = toNodeHandler(handler);
  const server = createServer((request, response) => {
    const { 'mcp-method': method, 'mcp-param-region': region } = request.headers;
    if (typeof region === 'string') regions.push(region);
    if (method === 'subscriptions/listen') listens.push(response);
    void handle(request as never, response);
  });
  const url = await listen(server);
  started.add({
    async close() {
      await handler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return {
    args: ['--url', url],
    cancelled: async () => expect.poll(() => cancelled).toBe(1),
    change: async () => {
      handler.notify.resourceUpdated('test://one');
      handler.notify.toolsChanged();
      return Promise.resolve();
    },
    http: { regions, listens },
  };
}
