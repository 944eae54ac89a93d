/** Requests as few clients send them, and callbacks as nobody should write them: each costs nobody else anything. */
import { createServer } from 'node:http';
import { createStatefulProxy } from 'mcp-backchannel/proxy';
import { expect, it } from 'vitest';
import { startCall } from '../support/stage.js';
import { INITIALIZE_MESSAGE, JSON_HEADERS, RawConnection, rawPost } from '../support/raw-http.js';
import { INITIALIZE, sessionOf } from './raw-http.js';
import { ScriptedBackend } from './scripted-backend.js';
import { closers, listen, proxies } from './support.js';

const INITIALIZE_HEAD = Object.entries({ ...JSON_HEADERS, 'content-length': String(INITIALIZE.length) })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

const closing = closers();
const open = proxies();

async function connected(url: string): Promise<RawConnection> {
  const connection = await RawConnection.open(url);
  closing(() => connection.drop());
  return connection;
}

it('a client that had gone before its request was handed over begins no session', async () => {
  const backend = new ScriptedBackend();
  const proxy = createStatefulProxy({ upstream: backend.upstream });
  let isSecond = false;
  let came!: () => void;
  const arrived = new Promise<void>((resolve) => (came = resolve));
  let handed!: () => void;
  const handedOver = new Promise<void>((resolve) => (handed = resolve));
  const http = createServer((request, response) => {
    if (isSecond) {
      proxy.listener(request, response);
      return;
    }
    isSecond = true;
    came();
    response.once('close', () => {
      proxy.listener(Object.assign(request, { body: INITIALIZE_MESSAGE }), response);
      handed();
    });
  });
  const url = await listen(http);
  closing(() => http.close());
  closing(() => proxy.close());
  const connection = await connected(url);
  connection.write(`POST /mcp HTTP/1.1\r\nhost: ${new URL(url).host}\r\n${INITIALIZE_HEAD}\r\n${INITIALIZE}`);
  await arrived;
  await connection.drop();
  await handedOver;
  await sessionOf({ url });
  expect(backend.sessions).toHaveLength(1);
  expect(proxy.snapshot().sessions).toBe(1);
});

it('two calls that are written at once on one connection are answered in their order, whichever is done first', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const sessionId = await sessionOf(stage);
  const connection = await connected(stage.url);
  const call = (id: number): string =>
    rawPost({ url: stage.url, sessionId }, JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: {} }));
  connection.write(call(2) + call(3));
  for (const id of [3, 2]) {
    await backend.session().got({ id });
    await backend.session().send({ id, result: { of: `call ${String(id)}` } });
  }
  await connection.until((received) => received.includes('"call 3"'));
  expect([...connection.received.matchAll(/"(call \d)"/g)].map(([, of]) => of)).toEqual(['call 2', 'call 3']);
});

it('a request of HTTP 1.0 that names no host is refused', async () => {
  const stage = await open('in-memory');
  const connection = await connected(stage.url);
  connection.write(`POST /mcp HTTP/1.0\r\n${INITIALIZE_HEAD}\r\n${INITIALIZE}`);
  await connection.until((received) => received.includes('\r\n\r\n'));
  expect(connection.received).toMatch(/^HTTP\/1\.1 403 /);
});

it('with CORS, the web-standard handler too lets the page of an allowed origin read the answer', async () => {
  const proxy = createStatefulProxy({ upstream: new ScriptedBackend().upstream, cors: true });
  closing(() => proxy.close());
  const headersFor = async (origin: string): Promise<Headers> => {
    const headers = { ...JSON_HEADERS, origin };
    const response = await proxy.fetch(
      new Request('http://localhost/mcp', { method: 'POST', headers, body: INITIALIZE }),
    );
    await response.body?.cancel();
    return response.headers;
  };
  const allowed = await headersFor('http://localhost:5173');
  expect(allowed.get('access-control-allow-origin')).toBe('http://localhost:5173');
  expect(allowed.get('access-control-expose-headers')).toContain('Mcp-Session-Id');
  expect((await headersFor('https://evil.example')).get('access-control-allow-origin')).toBeNull();
});

it('a subscriber that throws, and an onerror that throws when it is told, keep no message from its client', async () => {
  const backend = new ScriptedBackend();
  const told: Error[] = [];
  const stage = await open(backend.upstream, {
    onerror(error) {
      told.push(error);
      throw new Error('from onerror');
    },
  });
  stage.proxy.routes$.subscribe(() => {
    throw new Error('from a subscriber');
  });
  const client = await stage.connect();
  const call = await startCall(client, 'a');
  await backend.session().send({ method: 'notifications/message', params: { level: 'info', data: 1 } });
  await backend.session().send({ id: call.id, result: { content: [] } });
  await call.response;
  expect(client.arrivals.map(({ message }) => message.method)).toContain('notifications/message');
  expect(told).toMatchObject([{ code: 'CALLBACK_FAILED', cause: new Error('from a subscriber') }]);
});
