/**
 * The classic proxy: an SDK `Server` that clients talk to, an SDK `Client` that talks to the backend,
 * and handlers in between. `withBackchannel` and `asUpstream` are the only two words of the package.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ListToolsRequestSchema,
  LoggingMessageNotificationSchema,
  ProgressNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { asUpstream, withBackchannel, type BackchannelOptions } from 'mcp-backchannel';
import { serve, type Served, type ServeOptions } from './lib/serve.js';

export interface ClassicProxyOptions extends Pick<ServeOptions, 'transport' | 'create'> {
  /** A new connection to the backend. */
  readonly connectUpstream: () => Transport | Promise<Transport>;
  /** False shows what happens without the package; `'downstream-only'`, without `asUpstream`. */
  readonly wrapped?: boolean | 'downstream-only';
  /** Connects the backend inside the first call, as proxies do that start it on demand. */
  readonly lazy?: boolean;
  readonly backchannel?: BackchannelOptions;
  /** Sees each session's transport, for instance to watch `backchannel.routes$`. */
  readonly onTransport?: (transport: StreamableHTTPServerTransport) => void;
}

export async function classicProxy(options: ClassicProxyOptions): Promise<Served> {
  const { wrapped = true, lazy = false } = options;
  return serve({
    ...(options.transport && { transport: options.transport }),
    ...(options.create && { create: options.create }),
    async onSession(bare) {
      const transport = wrapped === false ? bare : withBackchannel(bare, options.backchannel);
      const connect = async (): Promise<Transport> => {
        const upstream = await options.connectUpstream();
        return wrapped === true ? asUpstream(upstream) : upstream;
      };
      await connectSession(transport, connect, lazy);
      options.onTransport?.(transport);
      return transport;
    },
  });
}

async function connectSession(downstream: Transport, connect: () => Promise<Transport>, lazy: boolean): Promise<void> {
  const server = new Server(
    { name: 'classic-proxy', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, logging: {} } },
  );
  const client = new Client(
    { name: 'classic-proxy', version: '1.0.0' },
    { capabilities: { elicitation: {}, sampling: {}, roots: {} } },
  );

  // Client to backend.
  let connected: Promise<void> | undefined;
  const backend = async (): Promise<Client> => {
    await (connected ??= connect().then(async (transport) => client.connect(transport)));
    return client;
  };
  server.setRequestHandler(ListToolsRequestSchema, async ({ params }) => (await backend()).listTools(params));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) =>
    (await backend()).callTool(params, undefined, { signal }),
  );

  // Backend to client. None of these knows which call it belongs to.
  client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) =>
    server.elicitInput(params, { signal }),
  );
  client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { signal }) =>
    server.createMessage(params, { signal }),
  );
  client.setRequestHandler(ListRootsRequestSchema, async ({ params }, { signal }) =>
    server.listRoots(params, { signal }),
  );
  // Not by `onprogress`: the SDK drops what it reads in one go with the answer.
  client.setNotificationHandler(ProgressNotificationSchema, async (progress) => server.notification(progress));
  client.setNotificationHandler(LoggingMessageNotificationSchema, async ({ params }) =>
    server.sendLoggingMessage(params),
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, async () => server.sendToolListChanged());

  server.onclose = () => void client.close();
  await server.connect(downstream);
  if (!lazy) await backend();
}
