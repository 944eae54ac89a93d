/**
 * The client for the suite's client scenarios. It does what the scenario in `MCP_CONFORMANCE_SCENARIO` asks for. It
 * reaches the server at the URL directly or through the command.
 *
 *     client.ts direct|commandHttp|commandStdio <url>
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { COMMAND, ROOT } from './lib/paths.js';
import { Program } from './lib/program.js';

/** Less than the suite waits: it ends nothing but the shell that it runs us in. */
const TIMEOUT_MS = 50_000;

const CALLS: Readonly<Record<string, { readonly name: string; readonly arguments?: Record<string, unknown> }>> = {
  tools_call: { name: 'add_numbers', arguments: { a: 2, b: 3 } },
  'elicitation-sep1034-client-defaults': { name: 'test_client_elicitation_defaults' },
  'sse-retry': { name: 'test_reconnection' },
};

const [way = '', url = ''] = process.argv.slice(2);
setTimeout(() => process.exit(1), TIMEOUT_MS).unref();

const client = new Client(
  { name: 'conformance-client', version: '1.0.0' },
  { capabilities: { elicitation: { form: { applyDefaults: true } } } },
);
// What the user leaves out is filled in from the defaults.
client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));

const { transport, close } = await open();
await client.connect(transport);
const { tools } = await client.listTools();
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const call = scenario === 'json-schema-2020-12-preservation' ? echoOfSchema() : CALLS[scenario];
if (call !== undefined) await client.callTool(call);
await client.close();
await close();

/** The suite sees by this what has become of a schema on its way to the client. */
function echoOfSchema(): { readonly name: string; readonly arguments: Record<string, unknown> } {
  const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema;
  return { name: 'json_schema_echo', arguments: { schema } };
}

async function open(): Promise<{ readonly transport: Transport; readonly close: () => Promise<void> }> {
  switch (way) {
    case 'direct':
      return { transport: overHttp(url), close: async () => Promise.resolve() };
    case 'commandStdio': {
      const args = [COMMAND, '--stdio', '--url', url];
      const transport = new StdioClientTransport({ command: process.execPath, args, cwd: ROOT, stderr: 'ignore' });
      return { transport, close: async () => Promise.resolve() };
    }
    case 'commandHttp': {
      const program = new Program(process.execPath, [COMMAND, '--port', '0', '--url', url], { hasOwnGroup: false });
      const transport = overHttp(await program.says(/http:\/\/127\.0\.0\.1:\d+\/mcp$/));
      return { transport, close: async () => program.stop() };
    }
    default:
      throw new Error(`there is no way ${way}`);
  }
}

function overHttp(address: string): Transport {
  return new StreamableHTTPClientTransport(new URL(address));
}
