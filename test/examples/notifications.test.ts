import { afterEach, describe, expect, it } from 'vitest';
import { classicProxy } from '../../examples/classic-proxy.js';
import { startHono } from '../../examples/hono.js';
import { startPipe } from '../../examples/pipe.js';
import { startPlainServer } from '../../examples/plain-server.js';
import { Opened, serverInitiated } from './support.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

const PROXIES = [
  { name: 'the classic proxy', start: async () => classicProxy(await opened.backendOverHttp()) },
  { name: 'the pipe', start: async () => startPipe(await opened.backendOverHttp()) },
];

describe.each(PROXIES)('$name', ({ start }) => {
  it('reports progress on the stream of the call, with the token of the call', async () => {
    const { url } = opened.add(await start());
    const client = await opened.client(url);

    const call = client.start('tools/call', {
      name: 'count',
      arguments: { steps: 3 },
      _meta: { progressToken: 'mine' },
    });
    await call.response;

    const progress = client.arrivals.filter(({ message }) => message.method !== undefined);
    expect(progress.map(({ message: { params }, stream }) => [params as unknown, stream])).toEqual(
      [1, 2, 3].map((step) => [{ progressToken: 'mine', progress: step, total: 3 }, `POST ${String(call.id)}`]),
    );
  });
});

const LOGGERS = [
  ...PROXIES,
  { name: 'the plain server', start: async () => startPlainServer() },
  { name: 'Hono', start: async () => startHono() },
];

describe.each(LOGGERS)('$name', ({ start }) => {
  it.each(['never opened', 'open'])('logs on the stream of the call, with GET %s', async (get) => {
    const { url } = opened.add(await start());
    const client = await opened.client(url);
    if (get === 'open') await client.openGet();

    const call = client.start('tools/call', { name: 'log', arguments: { line: 'here', tag: 'here' } });
    await call.response;

    expect(serverInitiated(client.arrivals)).toEqual([['notifications/message', `POST ${String(call.id)}`]]);
  });
});
