/**
 * A backend over Streamable HTTP that starts in no time, on the port that it is told (0: a free one), which it prints.
 * `echo` says what it is told; `ask` asks the user, and `work` says that it works; neither comes to its end.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const sessions = new Map();

async function open() {
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
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
  });
  await server.connect(transport);
  return transport;
}

const http = createServer(async (request, response) => {
  const id = request.headers['mcp-session-id'];
  const transport = id === undefined ? await open() : sessions.get(id);
  if (transport === undefined) response.writeHead(404).end();
  else await transport.handleRequest(request, response);
});
http.listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.stdout.write(`${http.address().port}\n`);
});
