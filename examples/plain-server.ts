/**
 * A plain server, no proxy. Its tools ask with `server.elicitInput()` and log with
 * `server.sendLoggingMessage()`, neither of which says which call it belongs to.
 *
 * @see https://github.com/modelcontextprotocol/conformance/issues/407
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel } from 'mcp-backchannel';
import { z } from 'zod';
import { isProgram } from './lib/is-program.js';
import { serve, type Served } from './lib/serve.js';

export interface StartOptions {
  /** False shows what happens without the package. */
  readonly wrapped?: boolean;
}

export async function startPlainServer({ wrapped = true }: StartOptions = {}): Promise<Served> {
  return serve({
    async onSession(bare) {
      const transport = wrapped ? withBackchannel(bare) : bare;
      await createPlainServer().connect(transport);
      return transport;
    },
  });
}

export function createPlainServer(): McpServer {
  const mcp = new McpServer({ name: 'plain-server', version: '1.0.0' }, { capabilities: { logging: {} } });

  mcp.registerTool('greet', { description: 'Asks for a name, and greets' }, async () => {
    const { action, content } = await mcp.server.elicitInput({
      message: 'What is your name?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
    return text(action === 'accept' ? `Hello, ${String(content?.['name'])}!` : 'Hello, whoever you are!');
  });

  mcp.registerTool('log', { description: 'Logs', inputSchema: { line: z.string() } }, async ({ line }) => {
    await mcp.server.sendLoggingMessage({ level: 'info', data: line });
    return text('logged');
  });
  return mcp;
}

function text(value: string): CallToolResult {
  return { content: [{ type: 'text', text: value }] };
}

if (isProgram(import.meta)) console.log((await startPlainServer()).url);
