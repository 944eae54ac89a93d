/** A server of revision 2026-07-28 over stdio. With the argument `both`, it offers sessions, too. */
import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const FORM = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

const text = (value: string): { content: [{ type: 'text'; text: string }] } => ({
  content: [{ type: 'text', text: value }],
});

serveStdio(
  () => {
    const capabilities = { logging: {}, resources: { subscribe: true } };
    const server = new McpServer({ name: 'modern-stdio', version: '1.0.0' }, { capabilities });
    server.registerTool('ask', { inputSchema: z.object({ tag: z.string() }) }, async ({ tag }, { mcpReq }) => {
      const content = acceptedContent<{ answer: string }>(mcpReq.inputResponses, 'who');
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: content ? 2 : 1 } });
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers still use it
      await mcpReq.log('info', tag);
      if (content !== undefined) return text(`${tag}: ${content.answer}`);
      return inputRequired({ inputRequests: { who: inputRequired.elicit({ message: tag, requestedSchema: FORM }) } });
    });
    server.registerTool('hang', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
      const cancelled = new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
      process.stderr.write('hangs\n');
      await cancelled;
      process.stderr.write('cancelled\n');
      return text('late');
    });
    server.registerTool('touch', { inputSchema: z.object({}) }, async () => {
      await server.server.sendResourceUpdated({ uri: 'test://a' });
      server.sendToolListChanged();
      return text('touched');
    });
    server.registerTool('die', { inputSchema: z.object({}) }, () => process.exit(3));
    server.registerResource('a', 'test://a', {}, () => ({ contents: [{ uri: 'test://a', text: 'a' }] }));
    return server;
  },
  { legacy: process.argv[2] === 'both' ? 'serve' : 'reject' },
);
