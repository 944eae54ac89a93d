/** A real server of revision 2026-07-28 behind our proxy, and real clients of SDK 1.x. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type ClientCapabilities,
  type ElicitRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, type McpHttpHandler } from '@modelcontextprotocol/server';
import { afterEach } from 'vitest';
import type { RouteEvent } from 'mcp-backchannel';
import { createStatefulProxy, modernUpstream } from '../../../src/proxy/index.js';
import type { StatefulProxyOptions } from '../../../src/proxy/options.js';

/** Adds tools and the like to a server that is made anew for each request. */
export type Equip = (server: McpServer) => void;

/** A POST that reached the server. */
export interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly method: string; readonly id?: unknown; readonly params?: Record<string, unknown> };
  /** The server saw its connection end. */
  readonly gone: Promise<void>;
  readonly response: ServerResponse;
}

export interface ModernStage {
  readonly url: string;
  readonly backendUrl: string;
  readonly handler: McpHttpHandler;
  readonly seen: Seen[];
  readonly routes: RouteEvent[];
  readonly errors: Error[];
  connect(options?: ClientOptions): Promise<Client>;
}

type Elicited = Awaited<ReturnType<NonNullable<ClientOptions['elicit']>>>;

interface ClientOptions {
  readonly name?: string;
  readonly capabilities?: ClientCapabilities;
  readonly elicit?: (
    params: ElicitRequest['params'],
    signal: AbortSignal,
  ) => Promise<{ action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string> }>;
}

export const CAPABILITIES: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: {},
  roots: { listChanged: true },
};

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export async function modernStage(
  equip: Equip,
  options: Partial<StatefulProxyOptions> & {
    /** Answers instead of the server. @returns whether it did */
    readonly intercept?: (seen: Seen) => boolean;
    readonly serverOptions?: ConstructorParameters<typeof McpServer>[1];
  } = {},
): Promise<ModernStage> {
  const { intercept, serverOptions, ...proxyOptions } = options;
  const [seen, routes, errors]: [Seen[], RouteEvent[], Error[]] = [[], [], []];
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'modern', version: '1.2.3' }, serverOptions);
      equip(server);
      return server;
    },
    { legacy: 'reject' },
  );
  const handle = toNodeHandler(handler);
  const backendUrl = await listen(async (request, response) => {
    const body = (await json(request)) as Seen['body'];
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    const one = { headers: request.headers, body, gone, response };
    seen.push(one);
    if (intercept?.(one) !== true) await handle(request as never, response, body);
  });
  closers.push(async () => handler.close());
  const proxy = createStatefulProxy({
    upstream: modernUpstream(backendUrl),
    onerror: (error) => errors.push(error),
    ...proxyOptions,
  });
  proxy.routes$.subscribe((event) => routes.push(event));
  closers.push(async () => proxy.close());
  const url = await listen(proxy.listener);
  const connect = (clientOptions?: ClientOptions): Promise<Client> => connectTo(url, clientOptions);
  return { url, backendUrl, handler, seen, routes, errors, connect };
}

/** A client that answers everything, and says who it is in each answer. */
export function answering(options: ClientOptions = {}): Client {
  const { name = 'ann', capabilities = CAPABILITIES } = options;
  const accept = async (): Promise<Elicited> => Promise.resolve({ action: 'accept', content: { answer: name } });
  const elicit = options.elicit ?? accept;
  const client = new Client({ name, version: '1.0.0' }, { capabilities });
  if (capabilities.elicitation !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) => elicit(params, signal));
  if (capabilities.sampling !== undefined)
    client.setRequestHandler(CreateMessageRequestSchema, () => ({
      role: 'assistant',
      model: 'none',
      content: { type: 'text', text: name },
    }));
  if (capabilities.roots !== undefined)
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}` }] }));
  return client;
}

async function connectTo(url: string, options?: ClientOptions): Promise<Client> {
  const client = answering(options);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  closers.push(async () => client.close());
  return client;
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`;
}

async function json(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** The text of a tool's result. */
export function textOf(result: unknown): string {
  const { content } = result as { content: readonly { text?: string }[] };
  return content.map(({ text = '' }) => text).join(' ');
}

/** A form with one text field. */
export const FORM = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

export function toolText(text: string): { content: [{ type: 'text'; text: string }] } {
  return { content: [{ type: 'text', text }] };
}
