/** The plain server on the web-standard transport, under Hono: a `Request` in, a `Response` out. */
import { serve, type ServerType } from '@hono/node-server';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { Hono } from 'hono';
import { randomUUID } from 'node:crypto';
import { withBackchannel } from 'mcp-backchannel';
import { isProgram } from './lib/is-program.js';
import { createPlainServer, type StartOptions } from './plain-server.js';

export interface StartedHono {
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function startHono({ wrapped = true }: StartOptions = {}): Promise<StartedHono> {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const bare = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    const transport = wrapped ? withBackchannel(bare) : bare;
    await createPlainServer().connect(transport);
    return transport;
  }

  const app = new Hono();
  app.all('/mcp', async ({ req }) => {
    const id = req.header('mcp-session-id');
    const transport = id === undefined ? await open() : sessions.get(id);
    return transport?.handleRequest(req.raw) ?? new Response(null, { status: 404 });
  });

  let server!: ServerType;
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port));
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      await Promise.all([...sessions.values()].map(async (transport) => transport.close()));
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (isProgram(import.meta)) console.log((await startHono()).url);
