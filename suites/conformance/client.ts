/**
 * The client for the suite's client scenarios. It does what the scenario in `MCP_CONFORMANCE_SCENARIO` asks for. It
 * reaches the server at the URL directly or through the command. It is of SDK 1.x, which knows no later revision than
 * 2025-11-25; `modern` is a client of SDK 2.x that speaks 2026-07-28.
 *
 *     client.ts direct|modern|commandHttp|commandStdio|commandModern|commandAuto <url>
 */
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { play, type AnyClient } from './lib/client-calls.js';
import { COMMAND, ROOT } from './lib/paths.js';
import { Program } from './lib/program.js';

/** Less than the suite waits: it ends nothing but the shell that it runs us in. */
const TIMEOUT_MS = 50_000;

const INFO = { name: 'conformance-client', version: '1.0.0' };
const CAPABILITIES = { elicitation: { form: { applyDefaults: true } } };

const [way = '', url = ''] = process.argv.slice(2);
setTimeout(() => process.exit(1), TIMEOUT_MS).unref();

const { client, close } = await open();
await play(client, process.env['MCP_CONFORMANCE_SCENARIO'] ?? '', process.env['MCP_CONFORMANCE_CONTEXT']);
await close();

interface Opened {
  readonly client: AnyClient;
  readonly close: () => Promise<void>;
}

async function open(): Promise<Opened> {
  switch (way) {
    case 'direct':
      return legacy(overHttp(url));
    case 'modern':
      return modern();
    case 'commandStdio': {
      const args = [COMMAND, '--stdio', '--url', url];
      return legacy(new StdioClientTransport({ command: process.execPath, args, cwd: ROOT, stderr: 'ignore' }));
    }
    case 'commandHttp':
      return throughCommand();
    case 'commandModern':
      return throughCommand('--upstream-protocol', 'modern');
    case 'commandAuto':
      return throughCommand('--upstream-protocol', 'auto');
    default:
      throw new Error(`there is no way ${way}`);
  }
}

async function throughCommand(...options: readonly string[]): Promise<Opened> {
  const args = [COMMAND, '--port', '0', '--url', url, ...options];
  const program = new Program(process.execPath, args, { hasOwnGroup: false });
  const { client, close } = await legacy(overHttp(await program.says(/http:\/\/127\.0\.0\.1:\d+\/mcp$/)));
  return {
    client,
    close: async () => {
      await close();
      await program.stop();
    },
  };
}

async function legacy(transport: Transport): Promise<Opened> {
  const client = new Client(INFO, { capabilities: CAPABILITIES });
  // What the user leaves out is filled in from the defaults.
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  await client.connect(transport);
  return { client: client, close: async () => client.close() };
}

async function modern(): Promise<Opened> {
  const versionNegotiation = { mode: { pin: '2026-07-28' } };
  const client = new ModernClient(INFO, { capabilities: CAPABILITIES, versionNegotiation });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  await client.connect(new ModernTransport(new URL(url)));
  return { client: client, close: async () => client.close() };
}

function overHttp(address: string): Transport {
  return new StreamableHTTPClientTransport(new URL(address));
}
