/** `stateless-proxy.ts PORT BACKEND-URL [--get]`: the SDK without sessions, with a backend client for each request. */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  CreateMessageRequestSchema,
  CreateMessageResultSchema,
  ElicitRequestSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  ListRootsRequestSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { get: { type: 'boolean' } } });
const [port, backend = ''] = positionals;

createServer((request, response) => {
  if (request.method === 'POST' || values.get === true) void serve().catch(() => response.destroy());
  else response.writeHead(405).end();

  async function serve(): Promise<void> {
    const server = new Server({ name: 'stateless', version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } });
    const client = new Client(
      { name: 'stateless', version: '1.0.0' },
      { capabilities: { elicitation: {}, sampling: {}, roots: {} } },
    );
    server.setRequestHandler(ListToolsRequestSchema, async () => client.listTools());
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => client.callTool(params));
    client.setRequestHandler(ElicitRequestSchema, async (request) => server.request(request, ElicitResultSchema));
    client.setRequestHandler(CreateMessageRequestSchema, async (request) =>
      server.request(request, CreateMessageResultSchema),
    );
    client.setRequestHandler(ListRootsRequestSchema, async (request) => server.request(request, ListRootsResultSchema));
    const transport = new StreamableHTTPServerTransport();
    response.once('close', () => {
      void transport.close();
      void client.close();
    });
    await client.connect(new StreamableHTTPClientTransport(new URL(backend)));
    await server.connect(transport);
    await transport.handleRequest(request, response);
  }
}).listen(Number(port), '127.0.0.1');
