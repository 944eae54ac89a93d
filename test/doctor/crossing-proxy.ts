/** A proxy with one backend session for all its clients, which gets every log message to each of them. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { serve, type Served } from '../../examples/lib/serve.js';

export async function crossingProxy(upstream: Transport): Promise<Served> {
  const client = new Client({ name: 'crossing-proxy', version: '1.0.0' });
  const servers: Server[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, async ({ params }) => {
    await Promise.all(servers.map(async (server) => server.sendLoggingMessage(params)));
  });
  await client.connect(upstream);
  const served = await serve({
    async onSession(transport) {
      const server = new Server(
        { name: 'crossing-proxy', version: '1.0.0' },
        { capabilities: { tools: {}, logging: {} } },
      );
      server.setRequestHandler(ListToolsRequestSchema, async () => client.listTools());
      server.setRequestHandler(CallToolRequestSchema, async ({ params }) => client.callTool(params));
      servers.push(server);
      await server.connect(transport);
      return transport;
    },
  });
  return {
    ...served,
    async close() {
      await client.close();
      await served.close();
    },
  };
}
