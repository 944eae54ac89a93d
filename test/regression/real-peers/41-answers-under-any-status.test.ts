/** A backend over HTTP may answer a request under any status: what its body says reaches the client, and the session lives. */
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { HttpTransport } from '../../../src/backends/http/http-transport.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { event, inEvents, peer, type Respond } from '../../backends/http/http-peer.js';
import { closers, listen, proxies } from '../../proxy/support.js';

const closing = closers();
const open = proxies();

const FAULT = { code: -32042, message: 'no such row', data: { table: 't', rows: [1, 2] } };
const STATUSES = [400, 404, 406, 409, 410, 422, 429, 500, 503, 599];

const withJson =
  (status: number, body: unknown): Respond =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const withEvents =
  (status: number, text: string): Respond =>
  (response) =>
    response.writeHead(status, { 'content-type': 'text/event-stream' }).end(text);

describe('41: an answer to a request reaches whoever waits for it, whatever its status', () => {
  it.each(STATUSES)('an error in JSON under %i: code, message and data', async (status) => {
    const { call, errors } = await peer(closing, withJson(status, { jsonrpc: '2.0', id: 7, error: FAULT }));
    expect(await call()).toEqual([{ jsonrpc: '2.0', id: 7, error: FAULT }]);
    expect(errors).toEqual([]);
  });

  it.each<[string, Respond]>([
    ['a result under 500', withJson(500, { jsonrpc: '2.0', id: 7, result: { ok: true } })],
    ['an error in events under 404', withEvents(404, event({ id: 7, error: FAULT }))],
    [
      'an error in a stream under 404 that does not end',
      (response) =>
        response
          .writeHead(404, { 'content-type': 'text/event-stream' })
          .write(
            event({ method: 'notifications/message', params: { level: 'info', data: 'x' } }) +
              event({ id: 7, error: FAULT }),
          ),
    ],
    ['a list under 400', withJson(400, [{ jsonrpc: '2.0', id: 7, error: FAULT }])],
    ['an answer in JSON under 202', withJson(202, { jsonrpc: '2.0', id: 7, error: FAULT })],
    ['an answer in events under 202', withEvents(202, event({ id: 7, error: FAULT }))],
    ['an answer under 201', withJson(201, { jsonrpc: '2.0', id: 7, error: FAULT })],
    [
      'an error whose type has other letters and a parameter',
      (response) =>
        response
          .writeHead(422, { 'content-type': 'Application/JSON; charset=UTF-8' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: 7, error: FAULT })),
    ],
    [
      'an error in JSON that is called text',
      (response) =>
        response
          .writeHead(400, { 'content-type': 'text/plain' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: 7, error: FAULT })),
    ],
    [
      'an error in JSON of a type that ends with +json',
      (response) =>
        response
          .writeHead(400, { 'content-type': 'application/problem+json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: 7, error: FAULT })),
    ],
  ])('%s', async (_what, respond) => {
    const { call } = await peer(closing, respond);
    const answer = (await call()).find(({ id }) => id === 7);
    expect(answer?.error ?? answer?.result).toEqual(answer?.error === undefined ? { ok: true } : FAULT);
  });

  it.each([
    ['null', { jsonrpc: '2.0', id: null, error: FAULT }],
    ['missing', { jsonrpc: '2.0', error: FAULT }],
    ['the one of the Python SDK', { jsonrpc: '2.0', id: 'server-error', error: FAULT }],
  ])('an error whose id is %s answers the one request that was posted', async (_id, body) => {
    for (const respond of [withJson(400, body), withJson(200, body), withEvents(200, event(body))]) {
      const { call } = await peer(closing, respond);
      expect((await call()).filter(({ id }) => id === 7)).toEqual([{ jsonrpc: '2.0', id: 7, error: FAULT }]);
    }
  });

  it.each<[string, Respond, RegExp]>([
    ['of another request', withJson(404, { jsonrpc: '2.0', id: 8, error: FAULT }), /404/],
    ['of another request, under 422', withJson(422, { jsonrpc: '2.0', id: '7', error: FAULT }), /422/],
    ['that is no JSON-RPC', withJson(400, { error: 'bad' }), /400.*bad/],
    ['in a page', (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Oops'), /502.*Oops/],
    ['that is broken JSON', (r) => r.writeHead(500, { 'content-type': 'application/json' }).end('{"js'), /500/],
    ['that is empty', (response) => response.writeHead(500).end(), /500/],
  ])('a refusal %s is told to the sender with its status', async (_what, respond, told) => {
    const { transport, messages } = await peer(closing, respond);
    await expect(transport.send({ jsonrpc: '2.0', id: 7, method: 'tools/call' })).rejects.toThrow(told);
    expect(messages).toEqual([]);
  });

  it.each<[string, Respond]>([
    ['200 and nothing', (response) => response.writeHead(200).end()],
    ['200 and no JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end()],
    ['204', (response) => response.writeHead(204).end()],
    ['202 and an empty object', withJson(202, {})],
    ['202 and a word', withJson(202, 'Accepted')],
  ])('%s ends the call with an error', async (_what, respond) => {
    const { transport, messages } = await peer(closing, respond);
    const refused = await transport
      .send({ jsonrpc: '2.0', id: 7, method: 'tools/call' })
      .catch((error: unknown) => error);
    if (refused === undefined) await expect.poll(() => messages).toMatchObject([{ id: 7, error: { code: -32000 } }]);
    else expect(refused).toBeInstanceOf(Error);
  });
});

type Answers = Readonly<Record<string, (response: ServerResponse, id: unknown) => void>>;

/** A backend of one session: what it does with a request is up to its method. */
async function backend(answers: Answers): Promise<URL> {
  return (await backendWith(answers)).url;
}

async function backendWith(answers: Answers): Promise<{ readonly url: URL; readonly http: HttpServer }> {
  const http = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      const { id, method = '', params } = JSON.parse(body) as JsonRpcMessage & { readonly method?: string };
      const { protocolVersion } = (params ?? {}) as { protocolVersion?: string };
      const result = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } };
      if (id === undefined) response.writeHead(202).end();
      else if (method === 'initialize')
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'one' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      else answers[method]?.(response, id);
    });
  });
  const url = await listen(http);
  closing(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: new URL(url), http };
}

const fails =
  (status: number, error: object = FAULT) =>
  (response: ServerResponse, id: unknown): void => {
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, error }));
  };
const UNKNOWN = { code: -32001, message: 'Session is unknown or expired on this instance: initialize again' };
const works = (response: ServerResponse, id: unknown): void => {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [] } }));
};

describe('41: through the proxy', () => {
  it.each([
    ['of the command', (url: URL) => new HttpTransport(url)],
    ['of the SDK', (url: URL) => new StreamableHTTPClientTransport(url)],
  ])(
    'an SDK client gets code, message and data, and its session lives; straight it gets less (transport %s)',
    async (_of, reach) => {
      const url = await backend({ 'tools/call': fails(404), 'tools/list': works });
      const connect = async (to: URL): Promise<Client> => {
        const client = new Client({ name: 'test', version: '1' });
        await client.connect(new StreamableHTTPClientTransport(to));
        closing(() => client.close());
        return client;
      };
      const fault = async (client: Client): Promise<unknown> =>
        client.callTool({ name: 'x' }).then(
          () => 'no error',
          (error: unknown) => error,
        );
      const straight = await connect(url);
      expect(await fault(straight)).toMatchObject({ code: 404 });
      expect(await straight.listTools()).toEqual({ tools: [] });

      const stage = await open(() => reach(url));
      const client = await connect(new URL(stage.url));
      const told = await fault(client);
      expect(told).toBeInstanceOf(McpError);
      expect(told).toMatchObject({
        code: FAULT.code,
        data: FAULT.data,
        message: expect.stringContaining(FAULT.message) as string,
      });
      expect(await client.listTools()).toEqual({ tools: [] });
      expect(stage.proxy.snapshot().sessions).toBe(1);
    },
  );

  it.each([
    ['404 and an error of its own', fails(404, { code: -32601, message: 'Method not found' })],
    ['400 and an error of its own', fails(400, { code: -32601, message: 'Method not found' })],
    ['405', (response: ServerResponse) => response.writeHead(405).end()],
    ['401', (response: ServerResponse) => response.writeHead(401).end()],
    ['403', (response: ServerResponse) => response.writeHead(403).end()],
    ['400', (response: ServerResponse) => response.writeHead(400).end('no')],
    ['500', (response: ServerResponse) => response.writeHead(500).end('no')],
  ])('a backend that answers our own ping with %s keeps its healthy calls, and its session', async (_what, ping) => {
    let answerSlow = (): void => undefined;
    let pinged = (): void => undefined;
    const isPinged = new Promise<void>((resolve) => (pinged = resolve));
    const url = await backend({
      'tools/call': (response, id) => (answerSlow = () => works(response, id)),
      // Of this error nobody knows whether the backend is still there.
      'prompts/list': (response) => inEvents(response).write(': half an answer\n', () => response.destroy()),
      ping: (response, id) => {
        ping(response, id);
        response.once('close', pinged);
      },
      'tools/list': works,
    });
    const stage = await open(() => new HttpTransport(url));
    const client = await stage.connect();
    const slow = client.start('tools/call', { name: 'slow' });
    await slow.exchange;
    const failed = await client.request('prompts/list');
    expect(failed.error?.message).toMatch(/broke off/);
    await isPinged;
    // What the refusal of the ping brings about comes before the answer to another request.
    expect((await client.request('tools/list')).result).toEqual({ tools: [] });
    answerSlow();
    expect((await slow.response).result).toEqual({ tools: [] });
    expect(stage.proxy.snapshot().sessions).toBe(1);
  });

  it('a backend that takes no more connections, and lets its calls finish, is let finish', async () => {
    let answerSlow = (): void => undefined;
    const { url, http } = await backendWith({
      'tools/call': (response, id) => (answerSlow = () => works(response, id)),
      'prompts/list': (response) => inEvents(response).write(': half an answer\n', () => response.destroy()),
    });
    const stage = await open(() => new HttpTransport(url));
    const client = await stage.connect();
    const slow = client.start('tools/call', { name: 'slow' });
    await slow.exchange;
    const broken = client.start('prompts/list');
    await broken.exchange;
    http.close();
    expect((await broken.response).error?.message).toMatch(/broke off/);
    // Our own ping finds nobody. What it was about is answered, and the other call is none of it.
    await expect.poll(() => stage.errors.some(({ message }) => message.includes('ECONNREFUSED'))).toBe(true);
    answerSlow();
    expect((await slow.response).result).toEqual({ tools: [] });
  });

  it.each<[string, (response: ServerResponse, id: unknown) => void]>([
    ['that names the call', (response, id) => fails(503, UNKNOWN)(response, id)],
    ['that names no call', (response) => fails(503, UNKNOWN)(response, null)],
  ])(
    '503 for a session that the backend does not know is told to the client, and ends the session: in an error %s',
    async (_that, refuse) => {
      const url = await backend({ 'tools/list': refuse, ping: refuse });
      const stage = await open(() => new HttpTransport(url));
      const client = await stage.connect();
      expect((await client.request('tools/list')).error?.message).toContain('unknown or expired');
      await expect.poll(() => stage.proxy.snapshot().sessions).toBe(0);
      expect((await client.post({ jsonrpc: '2.0', id: 9, method: 'ping' })).status).toBe(404);
    },
  );
});
