/** How requests and their answers travel to and from a server over HTTP. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it, vi } from 'vitest';
import { closers } from '../../proxy/support.js';
import { CALL, event, inEvents, NEWS, peer, RESULT, turns, type Respond } from './http-peer.js';

const closing = closers();
afterEach(() => {
  vi.useRealTimers();
});
const json = (value: unknown): string => JSON.stringify(value);
const asJson =
  (value: unknown): Respond =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(`\ufeff${json(value)}`);

it('an answer comes whole, in whatever parts it comes', async () => {
  const { call } = await peer(closing, (response) => {
    const bytes = Buffer.from(`\ufeff${event(NEWS)}${event(RESULT).replaceAll('\n', '\r\n')}`);
    inEvents(response);
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  });
  expect(await call(2)).toMatchObject([NEWS, RESULT]);
});

it('an answer of eight megabytes in one line comes whole', async () => {
  const text = 'ä'.repeat(4_000_000);
  const { call } = await peer(closing, (response) => inEvents(response).end(event({ id: 7, result: { text } })));
  const [answer] = await call();
  expect((answer as unknown as { result: { text: string } }).result.text === text).toBe(true);
});

it.each([
  ['an object', { jsonrpc: '2.0', ...RESULT }, [RESULT]],
  ['a list', [NEWS, RESULT].map((message) => ({ jsonrpc: '2.0', ...message })), [NEWS, RESULT]],
])('an answer may be JSON: %s', async (_what, body, messages) => {
  expect(await (await peer(closing, asJson(body))).call(messages.length)).toMatchObject(messages);
});

it('says who asks, in which session and version, and that it cannot uncompress', async () => {
  const { transport, requests } = await peer(closing, (response) => {
    response.setHeader('mcp-session-id', 's');
    inEvents(response).end(event(RESULT));
  });
  const answered = new Promise((resolve) => (transport.onmessage = resolve));
  await transport.send({ ...CALL, method: 'initialize' });
  expect(transport.sessionId).toBe('s');
  await answered;
  transport.setProtocolVersion('2025-11-25');
  await transport.send(CALL);
  expect(requests[1]?.headers).toMatchObject({
    'mcp-session-id': 's',
    'mcp-protocol-version': '2025-11-25',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'node',
  });
});

it('a connection is used again, and what comes on it is said on behalf of the request that it answers', async () => {
  const { transport, requests } = await peer(closing, (response) =>
    inEvents(response).end(event(NEWS) + event(RESULT)),
  );
  const request = new AsyncLocalStorage<string>();
  for (const name of ['first', 'second']) {
    const seen: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      transport.onmessage = () => {
        if (seen.push(request.getStore()) === 2) resolve();
      };
    });
    await request.run(name, async () => transport.send(CALL));
    await both;
    expect(seen).toEqual([name, name]);
    // The connection is free as soon as the answer has ended.
    await new Promise(setImmediate);
  }
  expect(requests[1]?.socket.remotePort).toBe(requests[0]?.socket.remotePort);
});

it('asks for nothing compressed, whatever else it is told to send, and says so where it is compressed as nobody can read it', async () => {
  const headers = { 'accept-encoding': 'gzip', accept: 'text/html', 'x-own': '1', 'user-agent': 'theirs' };
  const { transport, requests } = await peer(
    closing,
    (response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'compress' }).end('x'),
    undefined,
    { headers },
  );
  await expect(transport.send(CALL)).rejects.toThrow('compressed (compress), which was not asked for');
  const accept = 'application/json, text/event-stream';
  expect(requests[0]?.headers).toMatchObject({ ...headers, accept, 'accept-encoding': 'identity' });
});

it.each<[string, object]>([
  ['a call', CALL],
  ['a notification', { jsonrpc: '2.0', method: 'notifications/x' }],
])('%s that is redirected to another server is sent once, and told once, with what to do', async (_what, message) => {
  const elsewhere = 'http://a.example:1/x';
  const { transport, requests, errors } = await peer(closing, (response) =>
    response.writeHead(307, { location: `${elsewhere}?key=1` }).end(),
  );
  await expect(transport.send(message)).rejects.toThrow(
    `Redirect to ${elsewhere} not followed: if that is the server, give that URL with --url`,
  );
  expect(requests).toHaveLength(1);
  expect(errors).toHaveLength(1);
});

it('follows no redirect that would lose the body, change the server, or go on for ever', async () => {
  for (const [status, location, requested] of [
    [302, '/elsewhere', 1],
    [307, 'http://user@HOST/', 1],
    [307, 'https://HOST/', 1],
    [307, '/mcp', 6],
  ] as const) {
    const { transport, requests } = await peer(closing, (response, { headers: { host = '' } }) =>
      response.writeHead(status, { location: location.replace('HOST', host) }).end(),
    );
    await expect(transport.send(CALL)).rejects.toMatchObject({ status });
    expect(requests).toHaveLength(requested);
  }
});

it('asks again where it asked before, after a redirect to where nothing was taken', async () => {
  const { call, transport, requests } = await peer(closing, (response, { url }) => {
    if (url === '/maintenance') response.writeHead(503).end();
    else if (requests.length > 2) inEvents(response).end(event(RESULT));
    else response.writeHead(307, { location: '/maintenance' }).end();
  });
  await expect(transport.send(CALL)).rejects.toThrow();
  expect(await call()).toMatchObject([RESULT]);
  expect(requests.map(({ url }) => url)).toEqual(['/mcp', '/maintenance', '/mcp']);
});

it('sends what follows a redirect to where that led', async () => {
  const { call, transport, requests } = await peer(closing, (response, { url }) => {
    if (url === '/elsewhere') inEvents(response).end(event(RESULT));
    else response.writeHead(308, { location: '/elsewhere' }).end();
  });
  await call();
  await transport.send(CALL);
  expect(requests.map(({ url }) => url)).toEqual(['/mcp', '/elsewhere', '/elsewhere']);
});

it('what is no request is refused to its sender, and what a server answers to it is not read', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let open: ServerResponse | undefined;
  const answers: Respond[] = [
    (response) => response.writeHead(400).end('no'),
    (response) => {
      open = inEvents(response);
      open.write(event(NEWS));
    },
  ];
  const { transport, errors, messages, http } = await peer(closing, (...args) => answers.shift()?.(...args));
  await expect(transport.send({ jsonrpc: '2.0', id: 1, result: {} })).rejects.toMatchObject({ status: 400 });
  expect(errors).toHaveLength(1);
  await transport.send({ jsonrpc: '2.0', method: 'notifications/x' });
  // It is not left open, either.
  const closed = once(open as never, 'close');
  vi.advanceTimersByTime(2_000);
  await closed;
  await new Promise((resolve) => http.close(resolve));
  expect(messages).toEqual([]);
});

it('waits for five minutes, and not for ever, until a server takes what is no request', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { transport, errors } = await peer(closing, () => undefined);
  const sent = transport.send({ jsonrpc: '2.0', method: 'notifications/x' });
  await turns();
  vi.advanceTimersByTime(299_999);
  await turns();
  expect(errors).toEqual([]);
  vi.advanceTimersByTime(1);
  await expect(sent).rejects.toThrow('the backend did not accept it within 300 s');
});

it('tells the server when the session is over, if it has given one', async () => {
  const methods: (string | undefined)[] = [];
  const { transport, http } = await peer(closing, (response) => {
    response.setHeader('mcp-session-id', 's');
    inEvents(response).end(event(RESULT));
  });
  http.on('request', ({ method, headers }) => methods.push(`${method ?? ''} ${String(headers['mcp-session-id'])}`));
  await transport.terminateSession();
  await transport.send(CALL);
  // A server need not let itself be told.
  await transport.terminateSession();
  await transport.terminateSession();
  expect(methods).toEqual(['POST undefined', 'DELETE s']);
});

it('no request overtakes the opening of the standalone stream, on which the server may have to ask', async () => {
  const { transport, requests } = await peer(
    closing,
    (response) => response.writeHead(202).end(),
    (response) => setImmediate(() => inEvents(response).flushHeaders()),
  );
  await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
});

it('follows a redirect within the server, and reads the answer there likewise', async () => {
  const { call } = await peer(closing, (response, { url }) => {
    if (url === '/elsewhere') inEvents(response).end(event(NEWS));
    else response.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(await call(2)).toMatchObject([NEWS, { id: 7, error: {} }]);
});

it.each<[string, Respond, object]>([
  ['a status', (response) => response.writeHead(503).end('later'), { status: 503, message: /later$/ }],
  ['a text without an end', (response) => response.writeHead(500).write('x'.repeat(5_000)), { status: 500 }],
  [
    'another type',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    { status: 200, message: /content type: text\/html/ },
  ],
  [
    'a redirect to another server',
    (response) => response.writeHead(307, { location: 'http://a.example' }).end(),
    { status: 307 },
  ],
  ['a switch of protocols', (response) => response.writeHead(101, { connection: 'upgrade', upgrade: 'x' }).end(), {}],
  [
    'the end of the connection',
    (response) => response.destroy(),
    { message: /closed the connection without an answer/ },
  ],
])('a server that refuses a request with %s is told to its sender', async (_what, respond, refusal) => {
  const { transport, errors, messages } = await peer(closing, respond);
  const refused = (await transport.send(CALL).catch((error: unknown) => error)) as Error;
  expect(refused).toBeInstanceOf(Error);
  expect(refused).toMatchObject(
    Object.fromEntries(
      Object.entries(refusal).map(([key, value]: [string, unknown]) => [
        key,
        value instanceof RegExp ? (expect.stringMatching(value) as unknown) : value,
      ]),
    ),
  );
  expect(refused.message.length).toBeLessThan(4_200);
  expect(errors).toEqual([refused]);
  expect(messages).toEqual([]);
});

it.each<[string, Respond]>([
  ['has not begun', () => undefined],
  ['is under way', (response) => inEvents(response).write(event(NEWS))],
])('close() ends a call that %s, with its connection, and says no more', async (_when, respond) => {
  const { transport, http, messages } = await peer(closing, respond);
  const arrived = once(http, 'request');
  const sent = transport.send(CALL).catch((error: unknown) => error);
  await arrived;
  if (respond.length > 0) await sent;
  const before = messages.length;
  await transport.close();
  await sent;
  // Nobody else ends them.
  await new Promise((resolve) => http.close(resolve));
  expect(messages).toHaveLength(before);
  await expect(transport.send(CALL)).rejects.toThrow();
});

it('a large compressed answer is whole though its connection ends with it', async () => {
  const text = randomBytes(300_000).toString('base64');
  const answer = gzipSync(json({ jsonrpc: '2.0', id: 7, result: { text } }));
  const { call } = await peer(closing, (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', connection: 'close' });
    response.end(answer);
  });
  const [message] = await call();
  expect((message as unknown as { result: { text: string } }).result.text === text).toBe(true);
});
