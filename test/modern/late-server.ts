/**
 * A server over stdio that asks late: `first` is answered at once, and what it still has to ask and to log, it asks and logs
 * when `second` is called, on behalf of `first`.
 */
import { AsyncResource } from 'node:async_hooks';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

let askForFirst: (() => Promise<unknown>) | undefined;

const server = new McpServer({ name: 'late', version: '1.0.0' }, { capabilities: { logging: {} } });
const log = async (data: string): Promise<void> => server.server.sendLoggingMessage({ level: 'info', data });

server.registerTool('first', {}, () => {
  askForFirst = AsyncResource.bind(async () => {
    await log('logged by first');
    return server.server.elicitInput({
      message: 'asked by first',
      requestedSchema: { type: 'object', properties: {} },
    });
  });
  return { content: [{ type: 'text', text: 'answered' }] };
});
server.registerTool('second', {}, async () => {
  const outcome = await askForFirst?.().then(
    (result) => JSON.stringify(result),
    (error: unknown) => String(error),
  );
  await log('logged by second');
  return { content: [{ type: 'text', text: outcome ?? 'nobody was first' }] };
});
await server.connect(new StdioServerTransport());
