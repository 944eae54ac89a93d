/** How a request is read and its answer written over `node:http`. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { createStatefulProxy } from 'mcp-backchannel/proxy';
import { expect, it } from 'vitest';
import { JSON_HEADERS } from '../support/raw-http.js';
import { answerTo, send, sessionOf } from './raw-http.js';
import { ScriptedBackend } from './scripted-backend.js';
import { closers, listen, proxies } from './support.js';

const closing = closers();
const open = proxies();

const call = (text: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { text } });

it('reads a body whole that comes byte by byte, its characters cut', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const headers = { ...JSON_HEADERS, 'mcp-session-id': await sessionOf(stage) };
  const request = httpRequest(stage.url, { method: 'POST', headers });
  const answer = answerTo(request);
  request.setNoDelay(true);
  for (const byte of Buffer.from(call('ä€😀'))) {
    await new Promise((resolve) => request.write(Buffer.of(byte), resolve));
  }
  request.end();
  expect((await backend.session().got({ id: 2 })).params).toEqual({ text: 'ä€😀' });
  await backend.session().send({ id: 2, result: {} });
  expect((await answer).status).toBe(200);
});

it('answers a body that was read before it and not kept, in place of waiting for it', async () => {
  const proxy = createStatefulProxy({ upstream: new ScriptedBackend().upstream });
  const http = createServer((request, response) => {
    request.resume().once('end', () => {
      proxy.listener(request, response);
    });
  });
  const url = await listen(http);
  closing(() => http.close());
  closing(() => proxy.close());
  expect(await send(url, { body: call('gone') })).toMatchObject({ status: 400 });
});

it.each(['constructor', '__proto__', 'toString'])(
  'takes a header named %s, of which some versions of Node make no distinct headers',
  async (name) => {
    const backend = new ScriptedBackend();
    const proxy = createStatefulProxy({ upstream: backend.upstream });
    const http = createServer((request, response) => {
      Object.defineProperty(request, 'headersDistinct', {
        get: () => {
          throw new TypeError('dest[field].push is not a function');
        },
      });
      proxy.listener(request, response);
    });
    const url = await listen(http);
    closing(() => http.close());
    closing(() => proxy.close());
    await sessionOf({ url }, Object.fromEntries([[name, 'x']]));
    expect(backend.session().request.headers.get(name)).toBe('x');
  },
);

it('sends the head of an answer while its backend is still at work', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const headers = { ...JSON_HEADERS, 'mcp-session-id': await sessionOf(stage) };
  const request = httpRequest(stage.url, { method: 'POST', headers }).end(call('slow'));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream');
  await backend.session().send({ id: 2, result: { late: true } });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  expect(text).toContain('"late":true');
});

it('sends what a backend tells at once, and what it tells later', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  const headers = { ...JSON_HEADERS, 'mcp-session-id': await sessionOf(stage) };
  const request = httpRequest(stage.url, { method: 'POST', headers }).end(call('talkative'));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  await backend.session().got({ id: 2 });
  for (const progress of [1, 2, 3]) {
    const told = once(response, 'data');
    await backend.session().send({ method: 'notifications/message', params: { level: 'info', data: progress } });
    expect(String(await told)).toContain(`"data":${String(progress)}`);
  }
  const ended = once(response, 'end');
  response.resume();
  await backend.session().send({ id: 2, result: {} });
  await ended;
});

it('writes the whole answer to a fast call at once', async () => {
  const backend = new ScriptedBackend();
  const stage = await open(backend.upstream);
  let writes = 0;
  stage.http.on('connection', (socket) => {
    // What a stream calls for each write that goes to the system, of one chunk or of several.
    for (const name of ['_write', '_writev'] as const) {
      const write = socket[name]?.bind(socket) as (...args: unknown[]) => void;
      socket[name] = (...args: unknown[]) => {
        writes += 1;
        write(...args);
      };
    }
  });
  const headers = { 'mcp-session-id': await sessionOf(stage) };
  writes = 0;
  const session = backend.session();
  // Not in the turn in which it came: no backend but one in the same process is that fast.
  const told = session.got({ id: 2 }).then(() => setImmediate());
  const answered = told.then(() => session.send({ id: 2, result: {} }));
  expect((await send(stage.url, { body: call('fast'), headers })).text).toContain('"result":{}');
  await answered;
  expect(writes).toBe(1);
});
