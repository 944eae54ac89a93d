import { afterEach, describe, expect, it } from 'vitest';
import { classicProxy } from '../../examples/classic-proxy.js';
import { startHono } from '../../examples/hono.js';
import { startPipe } from '../../examples/pipe.js';
import { startPlainServer } from '../../examples/plain-server.js';
import { startUpstream } from '../support/upstreams.js';
import { Opened, serverInitiated, type Running } from './support.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

interface Example {
  readonly name: string;
  readonly start: () => Promise<Running>;
  /** The tool that asks, and what it says when the user has accepted. */
  readonly ask: { readonly tool: string; readonly answer: string };
}

const greet = { tool: 'greet', answer: 'Hello, Ada!' };
const ask = { tool: 'ask', answer: 'ask: accept ask' };

const EXAMPLES: readonly Example[] = [
  {
    name: 'the classic proxy',
    ask,
    start: async () => classicProxy(await opened.backendOverHttp()),
  },
  { name: 'the pipe to a process', ask, start: async () => startPipe() },
  {
    name: 'the pipe to a Streamable HTTP backend',
    ask,
    start: async () => startPipe(await opened.backendOverHttp()),
  },
  { name: 'the plain server', ask: greet, start: async () => startPlainServer() },
  { name: 'the web-standard transport under Hono', ask: greet, start: async () => startHono() },
];

describe.each(EXAMPLES)('$name', ({ start, ask: { tool, answer } }) => {
  it.each(['never opened', 'open'])(
    'answers two calls that elicit on one session, each on its own stream, with GET %s',
    async (get) => {
      const { url } = opened.add(await start());
      const client = await opened.client(url);
      if (get === 'open') expect((await client.openGet()).status).toBe(200);

      const first = client.start('tools/call', { name: tool });
      expect((await first.response).result).toMatchObject({ content: [{ text: answer }] });
      const second = client.start('tools/call', { name: tool });
      expect((await second.response).result).toMatchObject({ content: [{ text: answer }] });

      expect(serverInitiated(client.arrivals)).toEqual([
        ['elicitation/create', `POST ${String(first.id)}`],
        ['elicitation/create', `POST ${String(second.id)}`],
      ]);
    },
  );
});

const CONTROLS = [
  { name: 'the plain server', start: async () => startPlainServer({ wrapped: false }), tool: 'greet' },
  { name: 'Hono', start: async () => startHono({ wrapped: false }), tool: 'greet' },
  {
    name: 'the classic proxy',
    async start() {
      const backend = opened.add(await startUpstream('in-memory'));
      return classicProxy({ wrapped: false, connectUpstream: async () => backend.connect() });
    },
    tool: 'ask',
  },
];

describe.each(CONTROLS)('$name without the package', ({ start, tool }) => {
  it('loses the question when GET was never opened, and the call stays open', async () => {
    const { url } = opened.add(await start());
    const client = await opened.client(url);

    const call = client.start('tools/call', { name: tool });
    let answered = false;
    call.response.then(
      () => (answered = true),
      () => undefined,
    );
    await call.exchange;
    // Whatever the server had to say by then has been said: it has served others since.
    for (let round = 0; round < 5; round++) expect((await client.request('ping')).result).toEqual({});

    expect(serverInitiated(client.arrivals)).toEqual([]);
    expect(answered).toBe(false);
  });

  it('puts the question on GET when it is open, not on the stream of the call', async () => {
    const { url } = opened.add(await start());
    const client = await opened.client(url);
    await client.openGet();

    await client.callTool(tool);

    expect(serverInitiated(client.arrivals)).toEqual([['elicitation/create', 'GET']]);
  });
});
