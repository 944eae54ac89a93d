/** A session that outlives the sessions of its server: what the client hears of it, and the server is told again. */
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import { RenewingTransport } from '../../../src/backends/http/renewing-transport.js';
import { addingHeaders } from '../../../src/added-headers.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { closers, listen } from '../../proxy/support.js';

const closing = closers();
afterEach(() => {
  vi.useRealTimers();
});

interface Said {
  readonly session: number;
  readonly message: JsonRpcMessage;
  readonly traceparent: unknown;
}

/** A server whose sessions can be forgotten. `echo` answers, `ask` asks question 0 and waits for the answer. */
class Server {
  readonly said: Said[] = [];
  readonly http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      const { 'mcp-session-id': named, traceparent } = request.headers;
      if (request.method === 'POST')
        this.#take(response, Number(named), JSON.parse(body) as JsonRpcMessage, traceparent);
      else response.writeHead(405).end();
    });
  });
  /** The session that is known. */
  session = 0;
  begins = true;
  refuse: (response: ServerResponse) => void = (response) => response.writeHead(404).end();

  /** What was said in a session, by method. */
  in(session: number): unknown[] {
    return this.said.filter((said) => said.session === session).map(({ message }) => message.method ?? message.id);
  }

  forget(): void {
    this.session++;
  }

  #take(response: ServerResponse, named: number, message: JsonRpcMessage, traceparent: unknown): void {
    const { id, method, params } = message;
    const isInitialize = method === 'initialize';
    if (!isInitialize && named !== this.session) {
      this.refuse(response);
      return;
    }
    this.said.push({ session: this.session, message, traceparent });
    if (isInitialize && !this.begins) response.writeHead(500).end('not yet');
    else if (method === undefined || id === undefined) response.writeHead(202).end();
    else if (method === 'ask') {
      const question = { jsonrpc: '2.0', id: 0, method: 'roots/list' };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(question)}\n\n`);
    } else {
      const capabilities = { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true } };
      const result = isInitialize ? { protocolVersion: '2025-11-25', capabilities, serverInfo: {} } : { params };
      response
        .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': String(this.session) })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    }
  }
}

interface Rig {
  readonly server: Server;
  readonly transport: RenewingTransport;
  readonly messages: JsonRpcMessage[];
  readonly errors: Error[];
  readonly closed: () => boolean;
  /** Sends a request. Resolves with the answer. */
  readonly ask: (method: string, params?: object) => Promise<JsonRpcMessage>;
}

async function begun(): Promise<Rig> {
  const server = new Server();
  const url = new URL(await listen(server.http));
  const transport = new RenewingTransport(() => new HttpTransport(url));
  closing(async () => {
    await transport.close();
    server.http.closeAllConnections();
    server.http.close();
  });
  const messages: JsonRpcMessage[] = [];
  const errors: Error[] = [];
  let isClosed = false;
  let next = 1;
  transport.onmessage = (message) => messages.push(message);
  transport.onerror = (error) => errors.push(error);
  transport.onclose = () => (isClosed = true);
  await transport.start();
  const ask: Rig['ask'] = async (method, params = {}) => {
    const id = next++;
    await transport.send({ jsonrpc: '2.0', id, method, params });
    return vi.waitUntil(() => messages.find((message) => message.id === id && message.method === undefined));
  };
  await ask('initialize', { clientInfo: { name: 'c' } });
  await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return { server, transport, messages, errors, ask, closed: () => isClosed };
}

const status =
  (code: number, text: string) =>
  (response: ServerResponse): unknown =>
    response.writeHead(code).end(text);

it.each([
  [404, ''],
  [410, ''],
  [400, 'Bad Request: No valid session ID provided'],
  [400, 'Bad Request: Server not initialized'],
  [401, 'Unauthorized: Session not found'],
  [503, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session is unknown or expired"},"id":null}'],
])('a session is begun anew after %i %s', async (code, text) => {
  const { server, ask, messages, closed } = await begun();
  await ask('logging/setLevel', { level: 'error' });
  await ask('resources/subscribe', { uri: 'a://1' });
  await ask('resources/subscribe', { uri: 'a://2' });
  await ask('resources/unsubscribe', { uri: 'a://1' });
  server.refuse = status(code, text);
  server.forget();
  expect((await ask('echo')).error).toMatchObject({
    code: -32000,
    message: expect.stringMatching(/session/) as string,
  });
  expect((await ask('echo')).result).toBeDefined();
  expect(server.in(1)).toEqual([
    ...['initialize', 'notifications/initialized', 'logging/setLevel', 'resources/subscribe', 'echo'],
  ]);
  expect(server.said.find((said) => said.session === 1)?.message.params).toEqual({ clientInfo: { name: 'c' } });
  expect(messages.filter(({ method }) => method !== undefined).map(({ method }) => method)).toEqual([
    'notifications/tools/list_changed',
    'notifications/resources/list_changed',
  ]);
  expect(closed()).toBe(false);
});

it.each([
  [400, 'Bad Request: no such tool'],
  [500, 'oops'],
  [403, ''],
])('a session lives on after %i %s, which refuses one call', async (code, text) => {
  const { server, ask, transport } = await begun();
  server.refuse = status(code, text);
  server.forget();
  await expect(ask('echo')).rejects.toThrow(String(code));
  server.session = 0;
  expect((await ask('echo')).result).toBeDefined();
  expect(server.in(0).filter((method) => method === 'initialize')).toHaveLength(1);
  expect(transport.renewsSessions).toBe(true);
});

it('a question that was open is taken back, the next one has another id, and a late answer goes nowhere', async () => {
  const { server, ask, transport, messages } = await begun();
  const questions = (): JsonRpcMessage[] => messages.filter(({ method }) => method === 'roots/list');
  void ask('ask').catch(() => undefined);
  await vi.waitUntil(() => questions().length === 1);
  server.forget();
  await ask('echo');
  const cancelled = await vi.waitUntil(() => messages.find(({ method }) => method === 'notifications/cancelled'));
  expect(cancelled.params).toMatchObject({ requestId: 0 });
  void ask('ask').catch(() => undefined);
  await vi.waitUntil(() => questions().length === 2);
  const [first, second] = questions();
  expect(second?.id).not.toBe(first?.id);
  for (const question of [first, second])
    await transport.send({ jsonrpc: '2.0', id: question?.id, result: { roots: [] } });
  expect(server.said.filter(({ message }) => message.method === undefined)).toMatchObject([{ message: { id: 0 } }]);
});

it('a server that begins no session refuses each message, until it does', async () => {
  const { server, ask, closed } = await begun();
  server.begins = false;
  server.forget();
  expect((await ask('echo')).error).toBeDefined();
  await expect(ask('echo')).rejects.toThrow(/no new session.*500/);
  await expect(ask('echo')).rejects.toThrow(/no new session.*500/);
  server.begins = true;
  expect((await ask('echo')).result).toBeDefined();
  expect(closed()).toBe(false);
});

it('several calls that find the session lost begin one new session, and each has its error', async () => {
  const { server, ask } = await begun();
  server.forget();
  const answers = await Promise.all([1, 2, 3].map(async () => ask('echo')));
  for (const { error } of answers) expect(error).toBeDefined();
  expect((await ask('echo')).result).toBeDefined();
  expect(server.in(1).filter((method) => method === 'initialize')).toHaveLength(1);
});

it('a new session is no part of the trace of the call that found the old one lost', async () => {
  const { server, ask } = await begun();
  server.forget();
  await addingHeaders({ traceparent: 'of the call' }, async () => ask('echo'));
  await addingHeaders({ traceparent: 'of another' }, async () => ask('echo'));
  const said = server.said.filter(({ session }) => session === 1);
  expect(said.map(({ message, traceparent }) => [message.method, traceparent])).toEqual([
    ['initialize', undefined],
    ['notifications/initialized', undefined],
    ['echo', 'of another'],
  ]);
});
