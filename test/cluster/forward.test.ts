import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Node, Passed, PassedAnswer, PassedRequest } from '../../src/cluster/cluster.js';
import { Forwarder, type ForwarderOptions } from '../../src/cluster/forward.js';
import { MAX_IDLE_MS } from '../../src/cluster/inner-agent.js';
import { deferred } from '../support/deferred.js';
import { textIn as text } from './passed-text.js';
import { closers, listen } from '../proxy/support.js';

const closing = closers();
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
const ANSWER = { jsonrpc: '2.0', id: 1, result: {} };
const BOTH = ['Accept', 'application/json, text/event-stream', 'Content-Type', 'application/json'];
const STREAM = { 'content-type': 'text/event-stream' };

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A node whose inner listener does this, and one that passes requests on to it. */
async function stage(listener: Listener, options: Partial<ForwarderOptions> = {}) {
  const refused: string[] = [];
  const http = createServer(listener);
  const node: Node = { id: 'owner', address: await listen(http), isDraining: false };
  const forwarder = new Forwarder({
    signed: ({ rawHeaders }) => ['host', 'example.com', ...rawHeaders],
    onRefused: ({ id }) => refused.push(id),
    ...options,
  });
  closing(async () => {
    http.closeAllConnections();
    http.close();
    await forwarder.close();
  });
  return { forwarder, http, node, refused, pass: async (request = post(CALL)) => forwarder.pass(request, node) };
}

function post(message: unknown, { rawHeaders = BOTH, signal = new AbortController().signal } = {}): PassedRequest {
  const body = Buffer.from(JSON.stringify(message));
  return { door: 'node', method: 'POST', rawHeaders, body, signal };
}

const event = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
const lost = (id: unknown) => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32000, message: expect.stringContaining('node owner') as string },
});

function answerOf(passed: Passed): PassedAnswer {
  if (typeof passed === 'string') throw new Error(`no answer, but ${passed}`);
  return passed;
}

const messagesIn = (events: string): unknown[] =>
  [...events.matchAll(/^data: (.+)$/gm)].map(([, json = '']) => JSON.parse(json) as unknown);

async function closed(http: Server): Promise<void> {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}

describe('an answer', () => {
  it('in JSON is passed on as it is, without the headers of the connection', async () => {
    const { pass, forwarder } = await stage((_, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'mcp-session-id': 'a.b',
        'mcp-backchannel-cluster-x': '1',
      });
      response.end(JSON.stringify(ANSWER));
    });
    const { status, rawHeaders, body } = answerOf(await pass());
    expect(status).toBe(200);
    expect(JSON.parse(await text(body))).toEqual(ANSWER);
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    expect(names.sort()).toEqual(['content-length', 'content-type', 'date', 'mcp-session-id']);
    expect(forwarder.counts).toEqual({ answered: 1, lost: 0, gone: 0, busy: 0 });
  });

  it('without a body is passed on', async () => {
    const { pass } = await stage((_, response) => response.writeHead(202).end());
    const { status, body } = answerOf(await pass());
    expect([status, await text(body)]).toEqual([202, '']);
  });

  it('that is a stream is passed on event by event', async () => {
    let written: ServerResponse | undefined;
    const { pass } = await stage((_, response) => {
      written = response.writeHead(200, STREAM);
      response.write(': hello\n\n');
    });
    const { body } = answerOf(await pass());
    const chunks: string[] = [];
    (body as Readable).on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await expect.poll(() => chunks).toEqual([': hello\n\n']);
    written?.write('data: 1\n\ndata: ');
    await expect.poll(() => chunks.length).toBe(2);
    written?.write('2\n\n');
    await expect.poll(() => chunks).toEqual([': hello\n\n', 'data: 1\n\n', 'data: 2\n\n']);
    written?.end();
  });

  it('that is a stream may end before the response: the client can come back for it', async () => {
    const { pass, forwarder } = await stage((_, response) => {
      response.writeHead(200, STREAM).flushHeaders();
      response.end('id: 1\ndata:\n\n');
    });
    expect(await text(answerOf(await pass()).body)).toBe('id: 1\ndata:\n\n');
    expect(forwarder.counts).toMatchObject({ answered: 1, lost: 0 });
  });

  it('of many bytes waits for a client that does not read', async () => {
    let isFull = false;
    const { pass } = await stage((_, response) => {
      response.writeHead(200, STREAM);
      const write = (): void => {
        while (response.write(`data: ${'x'.repeat(65_536)}\n\n`));
        isFull = true;
      };
      write();
    });
    const { body } = answerOf(await pass());
    await expect.poll(() => isFull).toBe(true);
    // What waits here is bounded, however much there is.
    expect((body as Readable).readableLength).toBeLessThan(1_000_000);
    (body as Readable).destroy();
  });
});

describe('the connection breaks', () => {
  it('before the answer: each request gets an error', async () => {
    const { pass, forwarder } = await stage(({ socket }) => socket.destroy());
    const { status, rawHeaders, body } = answerOf(await pass(post([CALL, { ...CALL, id: 'b' }])));
    expect(status).toBe(200);
    expect(rawHeaders).toContain('text/event-stream');
    expect(messagesIn(await text(body))).toEqual([lost(1), lost('b')]);
    expect(forwarder.counts).toMatchObject({ lost: 1 });
  });

  it('before the answer to a notification: it is 502', async () => {
    const { pass } = await stage(({ socket }) => socket.destroy());
    const { status, body } = answerOf(await pass(post({ jsonrpc: '2.0', method: 'notifications/initialized' })));
    expect(status).toBe(502);
    expect(JSON.parse(await text(body))).toEqual(lost(null));
  });

  it('within the stream: what is not answered gets an error, and half an event is not passed on', async () => {
    const { pass } = await stage((_, response) => {
      response.writeHead(200, STREAM);
      response.write(`${event(ANSWER)}data: {"jsonrpc":"2.0","id":2,"res`, () => response.destroy());
    });
    const { body } = answerOf(await pass(post([CALL, { ...CALL, id: 2 }])));
    expect(messagesIn(await text(body))).toEqual([ANSWER, lost(2)]);
  });

  it('within a stream that the client can resume: it ends, and the client comes back to the node that lives', async () => {
    const { pass } = await stage((_, response) => {
      response.writeHead(200, STREAM);
      response.write('id: 1\ndata:\n\n', () => response.destroy());
    });
    expect(await text(answerOf(await pass()).body)).toBe('id: 1\ndata:\n\n');
  });

  it('within a stream that could be resumed, but the node is dead: what is not answered gets an error', async () => {
    const { pass, http } = await stage((_, response) => {
      response.writeHead(200, STREAM);
      response.write('id: 1\ndata:\n\n');
    });
    const { body } = answerOf(await pass());
    await closed(http);
    expect(messagesIn(await text(body)).at(-1)).toEqual(lost(1));
  });

  it('within JSON: the client gets whole errors', async () => {
    const { pass } = await stage((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"jsonrpc":', () => response.destroy());
    });
    const { body } = answerOf(await pass(post(CALL, { rawHeaders: ['accept', 'application/json'] })));
    expect(JSON.parse(await text(body))).toEqual(lost(1));
  });

  it('within a standalone stream: it just ends', async () => {
    const { forwarder, node } = await stage((_, response) => {
      response.writeHead(200, STREAM);
      response.write(`${event({ jsonrpc: '2.0', method: 'a' })}data: {`, () => response.destroy());
    });
    const { signal } = new AbortController();
    const passed = await forwarder.pass(
      { door: 'node', method: 'GET', rawHeaders: BOTH, body: undefined, signal },
      node,
    );
    expect(messagesIn(await text(answerOf(passed).body))).toEqual([{ jsonrpc: '2.0', method: 'a' }]);
  });
});

describe('a node that is gone', () => {
  it('is told where nobody listens: the request did not run', async () => {
    const { http, pass, refused, forwarder } = await stage((_, response) => response.end());
    await closed(http);
    expect(await pass()).toBe('gone');
    expect(refused).toEqual(['owner']);
    expect(forwarder.counts).toMatchObject({ gone: 1 });
  });

  it('is told where the session is unknown', async () => {
    const { pass, refused } = await stage((_, response) =>
      response.writeHead(404, { 'mcp-backchannel-cluster-unknown': '1' }).end('{}'),
    );
    expect(await pass()).toBe('gone');
    expect(refused).toEqual([]);
  });

  it('ends what waits for it: a request that was sent gets errors', async () => {
    const { pass, forwarder, node } = await stage((request, response) => {
      if (request.headers['x-begin'] !== undefined) response.writeHead(200, STREAM).flushHeaders();
    });
    const begun = answerOf(await pass(post(CALL, { rawHeaders: [...BOTH, 'x-begin', '1'] })));
    const waiting = pass();
    await sleep(50);
    forwarder.gone('another');
    forwarder.gone(node.id);
    expect(messagesIn(await text(begun.body))).toEqual([lost(1)]);
    expect(messagesIn(await text(answerOf(await waiting).body))).toEqual([lost(1)]);
  });

  it('may accept no connection: the request did not run, but the node may live', async () => {
    const { forwarder } = await stage((_, response) => response.end());
    const node = { id: 'owner', address: await unreachable(), isDraining: false };
    const { body } = answerOf(await forwarder.pass(post(CALL), node));
    expect(messagesIn(await text(body))).toEqual([
      { ...lost(1), error: { code: -32000, message: expect.stringContaining('did not run') as string } },
    ]);
    const passed = forwarder.pass(post(CALL), node);
    forwarder.gone('owner');
    expect(await passed).toBe('gone');
  });
});

const LISTENER = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
  console.log(this.address().port);
})`;

/** An address where connections are neither accepted nor refused: its process stands still, and its queue is full. */
async function unreachable(): Promise<string> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  closing(() => child.kill('SIGKILL'));
  const port = Number(line.toString());
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    closing(() => socket.destroy());
    const isQueued = await Promise.race([once(socket, 'connect'), sleep(200, false)]);
    if (isQueued === false) return `http://127.0.0.1:${port}`;
  }
}

describe('a client that leaves', () => {
  it('before the answer ends the request at the other node', async () => {
    const left = deferred();
    const arrived = deferred();
    const { pass, forwarder } = await stage((_, response) => {
      arrived.resolve(undefined);
      response.on('close', left.resolve);
    });
    const client = new AbortController();
    const passed = pass(post(CALL, { signal: client.signal }));
    await arrived.promise;
    client.abort();
    await left.promise;
    await passed;
    expect(forwarder.counts).toEqual({ answered: 0, lost: 0, gone: 0, busy: 0 });
  });

  it('within a stream ends it at the other node', async () => {
    const left = deferred();
    const { pass } = await stage((_, response) => {
      response.writeHead(200, STREAM).flushHeaders();
      response.on('close', left.resolve);
    });
    (answerOf(await pass()).body as Readable).destroy();
    await left.promise;
  });
});

it('passes on no more than so many requests at once', async () => {
  const { pass, forwarder } = await stage((_, response) => response.writeHead(200, STREAM).flushHeaders(), {
    maxPassed: 1,
  });
  const { body } = answerOf(await pass());
  expect(await pass()).toBe('busy');
  (body as Readable).destroy();
  await expect.poll(async () => (await pass()) === 'busy').toBe(false);
  expect(forwarder.counts.busy).toBeGreaterThan(0);
});

describe('connections', () => {
  it('are used again, but not when they were idle for so long that the other side may close them', async () => {
    const sockets = new Set<Socket>();
    const { pass, http } = await stage(({ socket }, response) => {
      sockets.add(socket);
      response.writeHead(202).end();
    });
    http.keepAliveTimeout = 2 * MAX_IDLE_MS;
    await text(answerOf(await pass()).body);
    await text(answerOf(await pass()).body);
    expect(sockets.size).toBe(1);
    // The timer of the agent does not run while this process is busy.
    const until = performance.now() + MAX_IDLE_MS + 100;
    while (performance.now() < until);
    await text(answerOf(await pass()).body);
    expect(sockets.size).toBe(2);
  });
});

it('a node that takes no more connections, and is silent on those it has, is lost in bounded time', async () => {
  const { http, pass } = await stage((_, response) => {
    response.writeHead(200, STREAM).flushHeaders();
  });
  const { body } = answerOf(await pass());
  const { http: silent, pass: passToSilent } = await stage(() => undefined);
  const waiting = passToSilent();
  await once(silent, 'request');
  const began = performance.now();
  // The connections that are open stay.
  http.close();
  silent.close();
  expect(messagesIn(await text(body))).toEqual([lost(1)]);
  expect(messagesIn(await text(answerOf(await waiting).body))).toEqual([lost(1)]);
  expect(performance.now() - began).toBeLessThan(4_500);
});
