/**
 * A backend over Streamable HTTP that starts in no time, on the port that it is told (0: a free one), which it prints.
 * `echo` says what it is told; `ask` asks the user, and `work` says that it works; neither comes to its end.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { serveSessions } from './serve-sessions.js';

function newServer() {
  const server = new Server({ name: 'http', version: '1' }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestId }) => {
    const { text } = params.arguments;
    const options = { relatedRequestId: requestId };
    if (params.name === 'echo') return { content: [{ type: 'text', text }] };
    if (params.name === 'ask') {
      const requestedSchema = { type: 'object', properties: {} };
      await server.elicitInput({ mode: 'form', message: text, requestedSchema }, options);
    } else {
      await server.notification({ method: 'notifications/message', params: { level: 'info', data: text } }, options);
    }
    return new Promise(() => undefined);
  });
  return server;
}

serveSessions(newServer);
