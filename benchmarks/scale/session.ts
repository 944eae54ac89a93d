import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { randomUUID } from 'node:crypto';
import type { TransportLike } from '../../src/index.js';
import type { StatefulProxy } from '../../src/proxy/index.js';
import { asUpstream, builtStatefulProxy, withBackchannel } from '../lib/built.js';
import { HandWritten } from '../lib/hand-written.js';
import { Backend } from './backend.js';

/** `ours`: the transport is wrapped and piped by hand. `createStatefulProxy`: it does both, and guards and counts. */
export type ScaleVariant = 'bare' | 'hand-written' | 'ours' | 'createStatefulProxy';

const URL_OF_ALL = 'http://127.0.0.1/mcp';

type Handle = (request: Request) => Promise<Response>;

/**
 * A session of a proxy, with its client and its backend, all in this process: a Streamable HTTP
 * transport of the SDK that is given web-standard requests, piped to a backend in memory.
 */
export class Session {
  readonly backend: Backend;
  readonly #handle: Handle;
  readonly #named: Readonly<Record<string, string>> = {};
  readonly #headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };

  constructor(variant: ScaleVariant) {
    const [near, far] = InMemoryTransport.createLinkedPair();
    this.backend = new Backend(far);
    if (variant === 'createStatefulProxy') {
      const name = randomUUID();
      waiting.set(name, near);
      this.#named = { [NAME]: name };
      this.#handle = handleOfProxy;
    } else {
      this.#handle = piped(variant, near);
    }
  }

  async begin(): Promise<this> {
    const clientInfo = { name: 'benchmark', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo };
    const headers = { ...this.#headers, ...this.#named };
    const response = await this.#post({ jsonrpc: '2.0', id: 0, method: 'initialize', params }, headers);
    await response.text();
    this.#headers['mcp-session-id'] = response.headers.get('mcp-session-id') ?? '';
    this.#headers['mcp-protocol-version'] = '2025-11-25';
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return this;
  }

  /** Calls a tool that asks the user. */
  async call(id: number): Promise<OpenCall> {
    const params = { name: 'ask', arguments: {} };
    const response = await this.#post({ jsonrpc: '2.0', id, method: 'tools/call', params });
    if (response.body === null) throw new Error('the call was not answered with a stream');
    return new OpenCall(response.body);
  }

  /** Answers the question of a call: it has the call's id. */
  async answer(id: number): Promise<void> {
    await this.#post({ jsonrpc: '2.0', id, result: { action: 'accept', content: {} } });
  }

  /** A call, its question, the answer, and the call's result. */
  async cycle(id: number): Promise<void> {
    const call = await this.call(id);
    await call.question();
    await this.answer(id);
    await call.result();
  }

  async #post(message: object, headers = this.#headers): Promise<Response> {
    const body = JSON.stringify(message);
    const response = await this.#handle(new Request(URL_OF_ALL, { method: 'POST', headers, body }));
    if (!response.ok) throw new Error(await response.text());
    return response;
  }
}

/** The stream that answers a call. */
export class OpenCall {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #received = '';

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  question(): Promise<void> {
    return this.#until('"elicitation/create"');
  }

  async result(): Promise<void> {
    await this.#until('"result"');
    await this.#reader.cancel();
  }

  async #until(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`the stream ended without ${text}`);
      this.#received += Buffer.from(value).toString('latin1');
    }
  }
}

function piped(variant: Exclude<ScaleVariant, 'createStatefulProxy'>, near: TransportLike): Handle {
  const bare = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  const wrapped = variant === 'ours' ? withBackchannel(bare) : bare;
  pipe(variant === 'hand-written' ? new HandWritten(bare) : wrapped, variant === 'ours' ? asUpstream(near) : near);
  return (request) => wrapped.handleRequest(request);
}

/** Brought by the first request of a session of the proxy: which backend is its own. */
const NAME = 'x-benchmark-session';
const waiting = new Map<string | null, TransportLike>();
let proxy: Promise<StatefulProxy> | undefined;

async function handleOfProxy(request: Request): Promise<Response> {
  proxy ??= makeProxy();
  return (await proxy).fetch(request);
}

async function makeProxy(): Promise<StatefulProxy> {
  const createStatefulProxy = await builtStatefulProxy();
  return createStatefulProxy({
    maxSessions: Number.MAX_SAFE_INTEGER,
    idleTimeoutMs: 0,
    upstream: ({ headers }) => {
      const near = waiting.get(headers.get(NAME));
      waiting.delete(headers.get(NAME));
      if (near === undefined) throw new Error('a session has no backend');
      return near;
    },
  });
}

function pipe(downstream: TransportLike, upstream: TransportLike): void {
  downstream.onmessage = (message) => void upstream.send(message);
  upstream.onmessage = (message) => void downstream.send(message);
  void upstream.start();
  void downstream.start();
}
