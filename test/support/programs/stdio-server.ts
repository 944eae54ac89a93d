/**
 * A server over stdio, wrapped or (with the argument `bare`) not. Once it is initialised it says things
 * that nobody has asked for, and then what became of them.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel } from 'mcp-backchannel';

const outcomes: string[] = [];

function wrap(bare: StdioServerTransport): StdioServerTransport {
  const transport = withBackchannel(bare, { parkTimeoutMs: 60_000 });
  transport.backchannel.routes$.subscribe(({ outcome }) => outcomes.push(outcome));
  return transport;
}

const bare = new StdioServerTransport();
const server = new Server(
  { name: 'unasked', version: '1.0.0' },
  { capabilities: { tools: { listChanged: true }, logging: {} } },
);
const params = { message: 'unasked', requestedSchema: { type: 'object' as const, properties: {} } };

server.oninitialized = () => void speak();
await server.connect(process.argv[2] === 'bare' ? bare : wrap(bare));

async function speak(): Promise<void> {
  await server.sendToolListChanged();
  await server.elicitInput(params);
  await server.request({ method: 'elicitation/create', params }, ElicitResultSchema, { relatedRequestId: 'long over' });
  await server.sendLoggingMessage({ level: 'info', data: outcomes });
}
