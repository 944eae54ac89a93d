/** The whole way over SDK 2.x: its Node Streamable HTTP transport, its servers, its clients. */
/* eslint-disable @typescript-eslint/no-deprecated -- asking as in 2025 is what is tested, and how 2.x still does it */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer, Server } from '@modelcontextprotocol/server';
import { NodeStreamableHTTPServerTransport as OurTransport } from 'mcp-backchannel/http';
import { asUpstream, withBackchannel, type RouteEvent } from 'mcp-backchannel';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { StrictClient, type Message } from '../../examples/lib/strict-client.js';

type Transport = NodeStreamableHTTPServerTransport;
type Options = ConstructorParameters<typeof NodeStreamableHTTPServerTransport>[0];

const SDKS = {
  transport: 'the transport of the SDK',
  create: (options: Options): Transport => new NodeStreamableHTTPServerTransport(options),
};
// A drop-in for the SDK's, whose type has private members.
const OURS = {
  transport: 'our own transport',
  create: (options: Options): Transport => new OurTransport(options) as unknown as Transport,
};

const accept = ({ params }: Message): object => {
  const { message } = params as { message: string };
  return { action: 'accept', content: { answer: `yes to ${message}` } };
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const vanish = (client: StrictClient) => async (): Promise<void> => {
  client.vanish();
  return Promise.resolve();
};

/** Serves one transport for each session; `onSession` connects it and gives back the one to serve. */
async function serve(onSession: (transport: Transport) => Promise<Transport>, { create } = SDKS): Promise<string> {
  const sessions = new Map<string, Transport>();
  const http = createServer((request, response) => {
    void (async () => {
      const id = request.headers['mcp-session-id'];
      let transport = typeof id === 'string' ? sessions.get(id) : undefined;
      if (transport === undefined) {
        const created: Transport = await onSession(
          create({
            sessionIdGenerator: randomUUID,
            onsessioninitialized: (name) => void sessions.set(name, created),
          }),
        );
        transport = created;
      }
      await transport.handleRequest(request, response);
    })();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    for (const transport of sessions.values()) await transport.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/mcp`;
}

/** Serves an asker through wrapped transports, and keeps the routes of all of them. */
async function serveAsker(
  kind: typeof SDKS,
): Promise<{ readonly url: string; readonly routes: readonly RouteEvent[] }> {
  const routes: RouteEvent[] = [];
  const url = await serve(async (bare) => {
    const transport = withBackchannel(bare);
    transport.backchannel.routes$.subscribe((event) => routes.push(event));
    await createAsker().connect(transport);
    return transport;
  }, kind);
  return { url, routes };
}

const requestedSchema = { type: 'object' as const, properties: { answer: { type: 'string' as const } } };

/** A server with a tool that asks the user, without and with saying on whose behalf. */
function createAsker(): McpServer {
  const mcp = new McpServer({ name: 'asker', version: '1' });
  const inputSchema = z.object({ tag: z.string() });
  const reply = (value: unknown): { content: { type: 'text'; text: string }[] } => ({
    content: [{ type: 'text', text: String(value) }],
  });
  mcp.registerTool('ask', { inputSchema }, async ({ tag }) => {
    const { content } = await mcp.server.elicitInput({ message: tag, requestedSchema });
    return reply(content?.['answer']);
  });
  mcp.registerTool('ask_related', { inputSchema }, async ({ tag }, ctx) => {
    const params = { message: tag, requestedSchema };
    const { content } = await mcp.server.elicitInput(params, { relatedRequestId: ctx.mcpReq.id });
    return reply(content?.['answer']);
  });
  mcp.registerTool('echo', { inputSchema }, ({ tag }) => reply(tag));
  return mcp;
}

describe('a strict client of an SDK 2.x server that asks without a related id', () => {
  it('is never asked over the bare transport: the question is dropped, and its sender told it was sent', async () => {
    let dropped: (() => void) | undefined;
    const sent = new Promise<void>((resolve) => (dropped = resolve));
    const url = await serve(async (transport) => {
      const send = transport.send.bind(transport);
      transport.send = async (message, options) => {
        await send(message, options);
        if ('method' in message && message.method === 'elicitation/create') dropped?.();
      };
      await createAsker().connect(transport);
      return transport;
    });
    const client = await StrictClient.connect(url, { answers: { 'elicitation/create': accept } });
    open.push(vanish(client));
    const asking = client.start('tools/call', { name: 'ask', arguments: { tag: 'a' } });
    // It never settles, and its connection is dropped at the end.
    asking.exchange.catch(() => undefined);

    await sent;
    expect(await client.callTool('echo', { tag: 'marker' })).toBe('marker');
    expect(client.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
    expect(client.arrivals.map(({ message }) => message.id)).not.toContain(asking.id);
  });

  it.each([SDKS, OURS])('is asked over $transport, on the stream of its call, as often as it calls', async (kind) => {
    const { url, routes } = await serveAsker(kind);
    const client = await StrictClient.connect(url, { answers: { 'elicitation/create': accept } });
    open.push(vanish(client));
    for (const tag of ['a', 'b', 'c']) expect(await client.callTool('ask', { tag })).toBe(`yes to ${tag}`);
    const calls = ['a', 'b', 'c'].map((tag) => client.callTool('ask', { tag }));
    expect(await Promise.all(calls)).toEqual(['yes to a', 'yes to b', 'yes to c']);

    expect(routes.map(({ evidence, outcome }) => `${String(evidence)} ${outcome}`)).toEqual(
      Array.from({ length: 6 }, () => 'context delivered'),
    );
    const questions = client.arrivals.filter(({ message }) => message.method === 'elicitation/create');
    // Streams overtake one another on the way.
    expect(new Set(questions.map(({ stream }) => stream))).toEqual(
      new Set(routes.map(({ relatedRequestId }) => `POST ${String(relatedRequestId)}`)),
    );
    expect(new Set(questions.map(({ stream }) => stream)).size).toBe(6);
  });
});

async function connect2(url: string): Promise<Client> {
  const client = new Client({ name: 'client', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept' as const,
    content: { answer: `yes to ${params.message}` },
  }));
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  open.push(async () => client.close());
  return client;
}

async function call(client: Client, name: string, tag: string): Promise<string> {
  const { content } = await client.callTool({ name, arguments: { tag } });
  return (content[0] as { text: string }).text;
}

describe.each([SDKS, OURS])('an SDK 2.x client of $transport', (kind) => {
  it.each(['ask', 'ask_related'])('is asked by %s', async (tool) => {
    const { url, routes } = await serveAsker(kind);
    const client = await connect2(url);
    for (const tag of ['a', 'b']) expect(await call(client, tool, tag)).toBe(`yes to ${tag}`);
    const evidence = tool === 'ask' ? 'context' : 'explicit';
    expect(routes).toEqual([1, 2].map(() => expect.objectContaining({ to: 'request', evidence }) as RouteEvent));
  });
});

describe.each([SDKS, OURS])('a proxy of SDK 2.x with $transport, with asUpstream()', (kind) => {
  it('relays concurrent questions of its backend, each on the stream of its own call', async () => {
    const backend = await serve(async (bare) => {
      await createAsker().connect(bare);
      return bare;
    });
    const routes: RouteEvent[] = [];
    const proxy = await serve(async (bare) => {
      const transport = withBackchannel(bare);
      transport.backchannel.routes$.subscribe((event) => routes.push(event));
      const server = new Server({ name: 'proxy', version: '1' }, { capabilities: { tools: {} } });
      const client = new Client({ name: 'proxy', version: '1' }, { capabilities: { elicitation: {} } });
      server.setRequestHandler('tools/call', async ({ params }) => client.callTool(params));
      client.setRequestHandler('elicitation/create', async ({ params }) => server.elicitInput(params));
      server.onclose = () => void client.close();
      await client.connect(asUpstream(new StreamableHTTPClientTransport(new URL(backend))));
      await server.connect(transport);
      return transport;
    }, kind);
    const client = await StrictClient.connect(proxy, { answers: { 'elicitation/create': accept } });
    open.push(vanish(client));

    expect(await client.callTool('ask_related', { tag: 'first' })).toBe('yes to first');
    const tags = ['c', 'a', 'd', 'b'];
    const answers = await Promise.all(tags.map(async (tag) => client.callTool('ask_related', { tag })));
    expect(answers).toEqual(tags.map((tag) => `yes to ${tag}`));
    expect(routes.map(({ evidence }) => evidence)).toEqual(Array.from({ length: 5 }, () => 'context'));

    for (const { message, stream } of client.arrivals) {
      if (message.method !== 'elicitation/create') continue;
      const { message: tag } = message.params as { message: string };
      const answer = client.arrivals.find(({ message: { result } }) =>
        JSON.stringify(result ?? {}).includes(`to ${tag}`),
      );
      expect(answer?.stream).toBe(stream);
    }
  });
});
