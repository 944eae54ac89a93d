/**
 * A proxy with the fault that the package fixes: whatever the backend asks, it asks the client with the
 * context of the first call, which it keeps in a closure.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ElicitRequestSchema,
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { asUpstream, withBackchannel } from 'mcp-backchannel';
import type { ClassicProxyOptions } from '../../examples/classic-proxy.js';
import { serve, type Served } from '../../examples/lib/serve.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export async function staleProxy({
  connectUpstream,
  wrapped = true,
  onTransport,
  create,
}: ClassicProxyOptions): Promise<Served> {
  return serve({
    ...(create && { create }),
    async onSession(bare) {
      const transport = wrapped === false ? bare : withBackchannel(bare);
      const upstream = await connectUpstream();
      await relay(transport, wrapped === true ? asUpstream(upstream) : upstream);
      onTransport?.(transport);
      return transport;
    },
  });
}

async function relay(downstream: Transport, upstream: Transport): Promise<void> {
  const info = { name: 'stale-proxy', version: '1.0.0' };
  const server = new Server(info, { capabilities: { tools: {} } });
  const client = new Client(info, { capabilities: { elicitation: {} } });

  let first: Extra | undefined;
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    first ??= extra;
    return client.callTool(params, undefined, { signal: extra.signal });
  });
  client.setRequestHandler(ElicitRequestSchema, async (request) => {
    if (first === undefined) throw new Error('asked before the first call');
    return first.sendRequest(request, ElicitResultSchema);
  });

  server.onclose = () => void client.close();
  await client.connect(upstream);
  await server.connect(downstream);
}
