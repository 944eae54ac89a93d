/** A classic proxy with its backend and its clients, set up and torn down together. */
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach } from 'vitest';
import type { Backchannel, RouteEvent } from 'mcp-backchannel';
import { classicProxy, type ClassicProxyOptions } from '../../examples/classic-proxy.js';
import type { Served } from '../../examples/lib/serve.js';
import { StrictClient, type Answer, type Call, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { startUpstream, type Upstream, type UpstreamKind } from './upstreams.js';
import { SDKS, type HttpTransport } from './transports.js';

interface StageOptions extends Omit<ClassicProxyOptions, 'connectUpstream' | 'onTransport' | 'create'> {
  /** @default classicProxy */
  readonly proxy?: (options: ClassicProxyOptions) => Promise<Served>;
  /** Towards the client. @default the SDK's */
  readonly kind?: HttpTransport;
}

/** A client that says yes to everything, and says who it is in each answer. */
export function answersOf(name: string): Readonly<Record<string, Answer>> {
  return {
    'elicitation/create': () => ({ action: 'accept', content: { answer: name } }),
    'sampling/createMessage': () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: name } }),
    'roots/list': () => ({ roots: [{ uri: `file:///${name}` }] }),
  };
}

/** What a tool asks of the client, and what comes of it when the client is called `ann`. */
export const QUESTIONS = [
  { tool: 'ask', method: 'elicitation/create', answer: 'ask: accept ann' },
  { tool: 'sample', method: 'sampling/createMessage', answer: 'ann' },
  { tool: 'roots', method: 'roots/list', answer: 'file:///ann' },
] as const;

/** One session as the proxy sees it. */
export interface ProxySession {
  readonly transport: StreamableHTTPServerTransport;
  /** What became of each server-initiated message so far; empty where the transport is bare. */
  readonly routes: RouteEvent[];
}

export class Stage {
  readonly #clients: StrictClient[] = [];
  readonly #sessions: ProxySession[] = [];
  #url = '';
  #close = async (): Promise<void> => Promise.resolve();

  static async open(upstream: Upstream, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage();
    const { proxy = classicProxy, kind = SDKS } = options;
    const { url, close } = await proxy({
      ...options,
      create: (own) => kind.create(own, options.backchannel),
      connectUpstream: async () => upstream.connect(),
      onTransport: (transport) => stage.#sessions.push(watched(transport)),
    });
    stage.#url = url;
    stage.#close = async () => {
      for (const client of stage.#clients) client.vanish();
      await close();
      await upstream.close();
    };
    return stage;
  }

  /** A client with a session of its own. */
  async connect(name = 'client', options: StrictClientOptions = {}): Promise<StrictClient> {
    const client = new StrictClient(this.#url, { answers: answersOf(name), ...options });
    this.#clients.push(client);
    await client.initialize();
    return client;
  }

  session({ sessionId }: StrictClient): ProxySession {
    const found = this.#sessions.find(({ transport }) => transport.sessionId === sessionId);
    if (found === undefined) throw new Error(`no session ${String(sessionId)}`);
    return found;
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

function watched(transport: StreamableHTTPServerTransport): ProxySession {
  const routes: RouteEvent[] = [];
  if ('backchannel' in transport) backchannelOf(transport).routes$.subscribe((event) => routes.push(event));
  return { transport, routes };
}

export function backchannelOf(transport: object): Backchannel {
  return (transport as { backchannel: Backchannel }).backchannel;
}

/** Opens stages that are closed after each test. */
export function stages(
  kind?: HttpTransport,
): (upstream: UpstreamKind | Upstream, options?: StageOptions) => Promise<Stage> {
  const opened: Stage[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(async (stage) => stage.close()));
  });
  return async (upstream, options) => {
    const stage = await Stage.open(typeof upstream === 'string' ? await startUpstream(upstream) : upstream, {
      ...(kind && { kind }),
      ...options,
    });
    opened.push(stage);
    return stage;
  };
}

/** Starts a tool call, and comes back when the proxy has it: calls reach it in the order of these. */
export async function startCall(client: StrictClient, name: string, args: object = {}, meta?: object): Promise<Call> {
  const call = client.start('tools/call', { name, arguments: args, ...(meta && { _meta: meta }) });
  await call.exchange;
  return call;
}

/** The text of a tool call's result. */
export async function textOf(call: Call): Promise<string> {
  const response = await call.response;
  if (response.error !== undefined) throw new Error(`${String(response.error.code)} ${response.error.message}`);
  const { content } = response.result as { content: { text: string }[] };
  return content.map(({ text }) => text).join('');
}
