import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { Guard } from '../../src/proxy/guard.js';
import { createEndpoint, listen, stop, type EndpointOptions } from '../../src/cli/endpoint.js';
import { statusesIn, writeRaw } from '../security/raw-socket.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const SHORT = { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 };

const GUARD = new Guard({ allowedHosts: [], allowedOrigins: [], cors: false }, () => undefined);

function endpoint(
  listener: Listener,
  timeouts?: EndpointOptions['timeouts'],
  onerror: EndpointOptions['onerror'] = () => undefined,
): Server {
  const proxy = { listener, snapshot: () => NOTHING_OPEN };
  const rest = {
    metrics: () => Promise.resolve(new Registry()),
    path: '/mcp',
    guard: GUARD,
    isClosing: () => false,
    onerror,
  };
  return createEndpoint({ proxy, ...rest, timeouts });
}

async function serving(server: Server, work: (url: string) => Promise<void>): Promise<void> {
  try {
    await work(await listen(server, 0, '127.0.0.1', '/mcp'));
  } finally {
    await stop(server, 0);
  }
}

it('cuts off a body that does not come to its end, and no answer that takes longer than that', async () => {
  let answer!: ServerResponse;
  const listener: Listener = (request, response) => {
    if (request.method === 'POST') request.resume();
    else answer = response.writeHead(200).on('error', () => undefined);
    if (request.method === 'GET') response.write('first');
  };
  await serving(endpoint(listener, SHORT), async (url) => {
    const stream = (await fetch(url)).body?.getReader();
    await stream?.read();

    const unfinished = httpRequest(url, { method: 'POST', headers: { 'content-length': '1000' } });
    unfinished.write('{');
    const [{ statusCode }] = (await once(unfinished, 'response')) as [IncomingMessage];
    expect(statusCode).toBe(408);

    answer.end('last');
    expect(Buffer.from((await stream?.read())?.value ?? []).toString()).toBe('last');
  });
});

it('cuts off a head that does not come to its end, before the time of a body is over', async () => {
  const listener: Listener = () => expect.unreachable();
  await serving(endpoint(listener, { ...SHORT, requestTimeout: 60_000 }), async (url) => {
    expect(statusesIn(await writeRaw(url, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: ', 'never'))).toEqual([408]);
  });
});

it('gives a head 10 s and a body 30 s, unless told otherwise', () => {
  const { headersTimeout, requestTimeout } = endpoint(() => undefined);
  expect({ headersTimeout, requestTimeout }).toEqual({ headersTimeout: 10_000, requestTimeout: 30_000 });
});

it('takes headers named like what every object has, also where Node throws when it is asked for all of them', async () => {
  const server = endpoint(() => undefined);
  server.prependListener('request', (request) => {
    // As in Node 24.9, for these names.
    const get = (): never => expect.fail('reads what some versions of Node throw at');
    Object.defineProperty(request, 'headersDistinct', { get });
  });
  await serving(server, async (url) => {
    const lines = ['GET /metrics HTTP/1.1', 'Host: localhost', 'constructor: x', '__proto__: x', 'Connection: close'];
    expect(statusesIn(await writeRaw(url, `${lines.join('\r\n')}\r\n\r\n`, 'never'))).toEqual([200]);
  });
});

it('answers a request with 500 that throws where it is handled, and goes on', async () => {
  const errors: Error[] = [];
  const thrown = new Error('as a bug of ours would');
  const listener: Listener = () => {
    throw thrown;
  };
  const server = endpoint(listener, undefined, (error) => errors.push(error));
  await serving(server, async (url) => {
    expect((await fetch(url)).status).toBe(500);
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    expect(errors).toEqual([thrown]);
  });
});

it('finds what is asked for by its whole URL, as of a forward proxy', async () => {
  const server = endpoint((_request, response) => response.writeHead(204).end());
  await serving(server, async (url) => {
    const statusOf = async (target: string): Promise<number[]> =>
      statusesIn(
        await writeRaw(url, `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'never'),
      );
    expect(await statusOf(url)).toEqual([204]);
    expect(await statusOf(`${url}?a=http://b/c`)).toEqual([204]);
    expect(await statusOf(new URL('/healthz', url).href)).toEqual([200]);
    for (const target of ['http://localhost', 'http://localhost?/mcp', '//localhost/mcp', '/http://localhost/mcp'])
      expect(await statusOf(target)).toEqual([404]);
  });
});

it.skipIf(process.platform !== 'linux')(
  'asks a client that is silent for a minute whether it is there: keep-alive is armed on its connection (on Linux)',
  async () => {
    const server = endpoint(() => undefined);
    await serving(server, async (url) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      const [accepted] = (await once(server, 'connection')) as [Socket];
      const { kind, left } = timerOf(accepted);
      socket.destroy();
      expect(kind).toBe(KEEPALIVE);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60);
    });
  },
);

const KEEPALIVE = 2;

/** The timer that runs for a connection: what it is for, and in how many seconds it is over. */
function timerOf({ localPort, remotePort }: Socket): { kind: number; left: number } {
  const [local, remote] = [localPort, remotePort].map((port) => Number(port).toString(16).padStart(4, '0'));
  const row = new RegExp(`:${String(local)} \\w+:${String(remote)} \\w+ \\S+ (\\w+):(\\w+)`, 'i');
  const [, kind = '', left = ''] = row.exec(readFileSync('/proc/net/tcp', 'utf8')) ?? [];
  return { kind: Number.parseInt(kind, 16), left: Number.parseInt(left, 16) / 100 };
}
