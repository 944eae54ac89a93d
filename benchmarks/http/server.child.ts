/**
 * A server of the SDK over Streamable HTTP, in a process of its own: see servers.ts for which there are.
 *
 * `Server` and bare `node:http`: the least that such a server can cost, so that what the wrapper adds
 * weighs the most. Tools name the request they work for, so that all deliver the same messages; where the
 * wrapped server's leave it to the wrapper to find it, workloads.ts says so.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { builtHttpTransport, withBackchannel } from '../lib/built.js';
import { serveMeasured } from '../lib/serve-measured.js';
import { serveAtTheFloor } from './floor.js';
import type { ServerName } from './servers.js';
import { PROGRESS_NOTIFICATIONS } from './workloads.js';

/** What the SDK's transport and ours have in common. */
type HttpTransport = Transport & Pick<StreamableHTTPServerTransport, 'handleRequest'>;

const { server: kind } = JSON.parse(process.argv[2] ?? '') as { readonly server: ServerName };
/** One for both, as in the wrapper: each store is a cost of its own. */
const storage = new AsyncLocalStorage<object>();
const sessions = new Map<string, HttpTransport>();

const OurTransport = kind === 'ours' ? await builtHttpTransport() : undefined;

const http = createServer((request, response) => {
  if (kind === 'floor') {
    serveAtTheFloor(request, response);
    return;
  }
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
await serveMeasured(http);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const transport = (typeof id === 'string' ? sessions.get(id) : undefined) ?? (await session());
  const handle = (): Promise<void> => transport.handleRequest(request, response);
  await (kind === 'context' ? storage.run({ request }, handle) : handle());
}

async function session(): Promise<HttpTransport> {
  const options = {
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id: string) => void sessions.set(id, transport),
  };
  const bare = (
    OurTransport === undefined ? new StreamableHTTPServerTransport(options) : new OurTransport(options)
  ) as HttpTransport;
  const transport = kind === 'wrapped' ? withBackchannel(bare) : bare;
  await tools().connect(transport);
  if (kind === 'context') inContexts(bare);
  return transport;
}

function inContexts(transport: HttpTransport): void {
  const { onmessage } = transport;
  transport.onmessage = (message, extra) => {
    storage.run({ message }, () => onmessage?.(message, extra));
  };
}

function tools(): Server {
  const server = new Server({ name: 'benchmark', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendRequest, sendNotification }) => {
    if (params.name === 'elicit' || params.name === 'elicit unnamed') {
      const requestedSchema = { type: 'object' as const, properties: {} };
      const question = { method: 'elicitation/create' as const, params: { message: 'ok?', requestedSchema } };
      const isUnnamed = (kind === 'wrapped' || kind === 'ours') && params.name === 'elicit unnamed';
      const { action } = await (isUnnamed
        ? server.request(question, ElicitResultSchema)
        : sendRequest(question, ElicitResultSchema));
      return text(action);
    }
    const { progressToken } = params._meta ?? {};
    if (params.name === 'progress' && progressToken !== undefined) {
      for (let progress = 1; progress <= PROGRESS_NOTIFICATIONS; progress++) {
        await sendNotification({ method: 'notifications/progress', params: { progressToken, progress } });
      }
    }
    return text('ok');
  });
  return server;
}

function text(value: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: value }] };
}
