/**
 * mcp-proxy 6.x makes its transports itself, and hands each to `connect()` of the server that it has
 * asked `createServer` for: there it is wrapped.
 *
 * Requests go to the bare transport all the same, so it is not known which streams are open: messages
 * go on the stream of a request in flight, and with none in flight as they would have gone anyway.
 */
import { Client, type Transport } from '@modelcontextprotocol/client';
import { Server } from '@modelcontextprotocol/server';
import { asUpstream, withBackchannel } from 'mcp-backchannel';
import { proxyServer, startHTTPServer } from 'mcp-proxy';

export interface McpProxyOptions {
  readonly port: number;
  /** A new connection to the backend, one for each session. */
  readonly connectUpstream: () => Transport;
  /** False shows what happens without the package. */
  readonly wrapped?: boolean;
}

export async function startMcpProxy(options: McpProxyOptions): Promise<{ readonly close: () => Promise<void> }> {
  const { port, connectUpstream, wrapped = true } = options;
  return startHTTPServer({
    host: '127.0.0.1',
    port,
    async createServer() {
      const upstream = wrapped ? asUpstream(connectUpstream()) : connectUpstream();
      const server = await createRelay(upstream);
      return wrapped ? plugIn(server) : server;
    },
  });
}

/** The plug: whatever transport the server is connected to, it is connected to a wrapped one. */
function plugIn(server: Server): Server {
  const connect = server.connect.bind(server);
  server.connect = async (transport) => connect(withBackchannel(transport));
  return server;
}

/** What mcp-proxy relays by itself, and questions, which it does not. */
async function createRelay(upstream: Transport): Promise<Server> {
  const client = new Client({ name: 'relay', version: '1.0.0' }, { capabilities: { elicitation: {} } });
  await client.connect(upstream);
  const capabilities = client.getServerCapabilities() ?? {};
  const server = new Server({ name: 'relay', version: '1.0.0' }, { capabilities });
  await proxyServer({ client, server, serverCapabilities: capabilities });
  // Nothing here says which call the question belongs to.
  client.setRequestHandler('elicitation/create', async ({ params }) => server.elicitInput(params));
  const { onclose } = server;
  server.onclose = () => {
    onclose?.();
    void client.close();
  };
  return server;
}
