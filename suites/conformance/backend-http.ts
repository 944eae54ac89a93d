/**
 * The backend over Streamable HTTP, with one server for each session. Prints its URL. Ends when its stdin ends.
 *
 *     backend-http.ts [--wrapped | --own]
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { withBackchannel } from 'mcp-backchannel';
import { StreamableHTTPServerTransport as OwnTransport } from 'mcp-backchannel/http';
import { EventMemory } from '../../src/cli/event-store.js';
import { createBackend } from './lib/backend.js';

const flag = { type: 'boolean', default: false } as const;
const { wrapped, own } = parseArgs({ options: { wrapped: flag, own: flag } }).values;
const events = new EventMemory();
/** What the SDK's transport and ours have in common. */
type HttpTransport = Transport & Pick<StreamableHTTPServerTransport, 'handleRequest'>;
const sessions = new Map<string, HttpTransport>();

async function open(): Promise<HttpTransport> {
  const options = {
    sessionIdGenerator: randomUUID,
    eventStore: events.store(new AbortController().signal),
    retryInterval: 100,
    onsessioninitialized: (id: string) => void sessions.set(id, transport),
    onsessionclosed: (id: string) => void sessions.delete(id),
  };
  const bare = (own ? new OwnTransport(options) : new StreamableHTTPServerTransport(options)) as HttpTransport;
  const transport = wrapped ? withBackchannel(bare) : bare;
  await createBackend().connect(transport);
  return transport;
}

// It refuses requests that are not addressed to loopback.
const app = createMcpExpressApp();
app.all('/mcp', async (request, response) => {
  const id = request.headers['mcp-session-id'];
  const transport = typeof id === 'string' ? sessions.get(id) : await open();
  if (transport === undefined) response.status(404).end();
  else await transport.handleRequest(request, response, request.body);
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`);
});
process.stdin.resume().once('end', () => process.exit());
