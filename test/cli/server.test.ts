import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createEndpoint, listen, stop } from '../../src/cli/server.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function serving(listener: Listener, work: (url: string) => Promise<void>): Promise<void> {
  const proxy = { listener, snapshot: () => ({ sessions: 0, inFlight: 0, parked: 0 }) };
  const server = createEndpoint({
    ...{ proxy, metrics: new Registry(), path: '/mcp', guard: { check: () => undefined }, isClosing: () => false },
    timeouts: { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 },
  });
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
  await serving(listener, async (url) => {
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
