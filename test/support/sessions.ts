/** SDK servers on loopback, wrapped and without a proxy: what their tools send names no request. */
import { Server, type ServerOptions } from '@modelcontextprotocol/sdk/server/index.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { withBackchannel, type RouteEvent } from '../../src/index.js';
import { serve } from '../../examples/lib/serve.js';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { SDKS, type HttpTransport } from './transports.js';

const BACKCHANNEL = { parkTimeoutMs: 20 };

type Handler = Parameters<Server['setRequestHandler']>[1];
export type Extra = Parameters<Handler>[1];
export type Tool = (server: Server, extra: Extra) => Promise<string>;

export interface Session {
  readonly client: StrictClient;
  readonly routes: RouteEvent[];
  readonly errors: Error[];
  readonly close: () => Promise<void>;
}

/** One session of a server with these tools, and a client that does not open the standalone stream. */
export async function startSession(
  tools: Readonly<Record<string, Tool>>,
  { serverOptions, kind = SDKS }: { readonly serverOptions?: ServerOptions | undefined; readonly kind?: HttpTransport },
): Promise<Session> {
  const routes: RouteEvent[] = [];
  const errors: Error[] = [];
  const connect = async (bare: StreamableHTTPServerTransport): Promise<StreamableHTTPServerTransport> => {
    const server = new Server(
      { name: 'tools', version: '1.0.0' },
      { ...serverOptions, capabilities: { tools: {}, logging: {} } },
    );
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
      const tool = tools[params.name];
      if (tool === undefined) throw new Error(`no tool ${params.name}`);
      return { content: [{ type: 'text' as const, text: await tool(server, extra) }] };
    });
    server.onerror = (error) => errors.push(error);
    const transport = withBackchannel(bare, BACKCHANNEL);
    transport.backchannel.routes$.subscribe((event) => routes.push(event));
    await server.connect(transport);
    return transport;
  };
  const served = await serve({ onSession: connect, create: (options) => kind.create(options, BACKCHANNEL) });
  const client = await StrictClient.connect(served.url);
  const close = async (): Promise<void> => {
    client.vanish();
    await served.close();
  };
  return { client, routes, errors, close };
}

export async function elicitFrom(server: Server, message: string, signal?: AbortSignal): Promise<string> {
  const requestedSchema = { type: 'object' as const, properties: {} };
  const { action } = await server.elicitInput({ mode: 'form', message, requestedSchema }, signal && { signal });
  return action;
}
