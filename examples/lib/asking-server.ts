import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** A server that asks its user twice in one call, and once when no call is running. */
export function createAskingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking-server', version: '1.0.0' });

  mcp.registerTool('introduce', { description: 'Asks for a name, then for a city' }, async () =>
    text(`${await ask(mcp, 'name')} from ${await ask(mcp, 'city')}`),
  );

  mcp.registerTool(
    'remind',
    { description: 'Answers at once, and asks later', inputSchema: { afterMs: z.number() } },
    ({ afterMs }) => {
      setTimeout(() => {
        ask(mcp, 'later').catch(console.error);
      }, afterMs);
      return text('noted');
    },
  );
  return mcp;
}

async function ask({ server }: McpServer, name: string): Promise<string> {
  const { action, content } = await server.elicitInput({
    message: name,
    requestedSchema: { type: 'object', properties: { [name]: { type: 'string' } } },
  });
  return action === 'accept' ? String(content?.[name]) : 'unknown';
}

function text(value: string): CallToolResult {
  return { content: [{ type: 'text', text: value }] };
}
