/** What becomes of a transport that is closed: C11. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { StdioServerTransport as Sdk2StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { withBackchannel } from 'mcp-backchannel';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { deferred } from '../support/deferred.js';
import { WebSocketServerTransport } from '../support/websocket.js';
import { Rigs, SIDES, elicitation, type Message, type Side } from './rig/rig.js';
import { slowStore } from './rig/stores.js';

const CLOSED = expect.objectContaining({ name: 'BackchannelError', code: 'CLOSED' }) as Error;

const STDIO: readonly {
  name: string;
  bareOutcome: string;
  create: (stdin: PassThrough, stdout: PassThrough) => Transport;
}[] = [
  { name: 'SDK 1 stdio', bareOutcome: 'pending', create: (stdin, stdout) => new StdioServerTransport(stdin, stdout) },
  {
    name: 'SDK 2 stdio',
    bareOutcome: 'pending',
    create: (stdin, stdout) => new Sdk2StdioServerTransport(stdin, stdout),
  },
];

/** How often the SDK's own transports call `onclose` when `close()` is called twice. */
function callsOf({ kind: { name }, wrapped }: Side): number {
  if (wrapped) return 1;
  switch (name) {
    case 'SDK 1 SSE':
    case 'SDK 1 stdio':
      return 2;
    case 'SDK 1 in-memory':
      return 3;
    default:
      return 1;
  }
}

/** SDK transports that take messages after `close()` and say nothing. */
function speaksAfterClose({ kind }: Side): boolean {
  return kind.hasStreams || kind.name === 'SDK 1 stdio';
}

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C11: close() twice calls onclose once', async () => {
    const rig = await rigs.open(side);
    await rig.transport.close();
    await rig.transport.close();
    expect(rig.closed).toBe(callsOf(side));
  });

  it('C11: close() twice at once calls onclose once', async () => {
    const rig = await rigs.open(side);
    await Promise.all([rig.transport.close(), rig.transport.close()]);
    expect(rig.closed).toBe(callsOf(side));
  });

  it('C11: close() out of onclose calls it once', async () => {
    const rig = await rigs.open(side);
    let calls = 0;
    const closings: Promise<void>[] = [];
    rig.transport.onclose = () => {
      calls += 1;
      if (calls < 5) closings.push(rig.transport.close());
    };
    await rig.transport.close();
    await Promise.all(closings);
    if (side.wrapped) expect(calls).toBe(1);
    else expect(calls).toBeGreaterThan(0);
  });

  it('C11: the observables complete, and those who subscribe later see no more', async () => {
    const rig = await rigs.open(side);
    if (!side.wrapped) {
      expect(rig.backchannel).toBeUndefined();
      return;
    }
    const completed: string[] = [];
    const { routes$, inbound$, outbound$ } = rig.backchannel;
    routes$.subscribe({ complete: () => completed.push('routes$') });
    inbound$.subscribe({ complete: () => completed.push('inbound$') });
    outbound$.subscribe({ complete: () => completed.push('outbound$') });
    await rig.transport.close();
    expect(completed.sort()).toEqual(['inbound$', 'outbound$', 'routes$']);
  });

  it('C11: a question asked after close() on behalf of a request of before is rejected', async () => {
    const rig = await rigs.open(side);
    let late: (() => Promise<void>) | undefined;
    const closed = deferred();
    rig.onmessage = ({ id }) => {
      if (id === 1) late = async () => closed.promise.then(async () => rig.send(elicitation('late')));
    };
    await rig.request(1);
    const asked = late?.();
    await rig.transport.close();
    closed.resolve();
    const [outcome] = await Promise.allSettled([asked]);
    if (side.wrapped) expect(outcome).toEqual({ status: 'rejected', reason: CLOSED });
    // Bare, some say that it was sent.
    else expect(outcome.status).toBe(speaksAfterClose(side) ? 'fulfilled' : 'rejected');
    if (side.wrapped) expect(rig.sent).toEqual([]);
  });
});

describe.each(SIDES.filter(({ wrapped }) => wrapped))('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C11: work of a life that is over never lands in the next one', async () => {
    const rig = await rigs.open(side);
    const closed = deferred();
    let late: Promise<void> | undefined;
    rig.onmessage = ({ id }) => {
      if (id === 1) late = closed.promise.then(async () => rig.elicit('late'));
    };
    await rig.request(1);
    await rig.transport.close();
    // A transport that reconnects by itself says so by delivering.
    rig.inner.onmessage?.({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: {} });
    closed.resolve();
    await expect(late).rejects.toEqual(CLOSED);
    expect(rig.sent).toEqual([]);
    expect(rig.backchannel.snapshot().inFlight.map(({ id }) => id)).toEqual([2]);
  });
});

describe.each(SIDES.filter(({ kind }) => kind.hasStreams))('$title, with an event store', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C11: close() rejects what is being written and what waits for it, and reports a notification', async () => {
    const gate = deferred();
    const pause = ({ method }: Message): Promise<void> | undefined =>
      method === 'elicitation/create' ? gate.promise : undefined;
    const rig = await rigs.open(side, { eventStore: slowStore(pause) });
    await rig.request(1);
    const elicited = rig.elicit('q', { relatedRequestId: 1 });
    // Bare, nothing waits.
    const waiting = side.wrapped ? [rig.log('n', { relatedRequestId: 1 }), rig.respond(1)] : [];
    const outcomes = Promise.allSettled([elicited, ...waiting]);

    await rig.transport.close();
    // Bare, its sender is told that it was sent, and only when the store lets go.
    if (!side.wrapped) gate.resolve();
    const settled = await outcomes;
    const rejected = { status: 'rejected', reason: CLOSED };
    if (side.wrapped) expect(settled).toEqual([rejected, { status: 'fulfilled', value: undefined }, rejected]);
    else expect(settled).toEqual([{ status: 'fulfilled', value: undefined }]);
    gate.resolve();
    expect(rig.came).toEqual([]);
    expect(rig.errors).toEqual(side.wrapped ? [CLOSED] : []);
  });
});

describe.each(STDIO)('$name', ({ create, bareOutcome }) => {
  it.each([false, true])('C11: a message that its reader never takes (wrapped: %s)', async (wrapped) => {
    const stdout = new PassThrough({ highWaterMark: 1 });
    const bare = create(new PassThrough(), stdout);
    const transport = wrapped ? withBackchannel(bare) : bare;
    await transport.start();
    let outcome = 'pending';
    const sending = transport.send(elicitation('q') as JSONRPCMessage).then(
      () => (outcome = 'fulfilled'),
      (error: unknown) => (outcome = (error as { code: string }).code),
    );
    await transport.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcome).toBe(wrapped ? 'CLOSED' : bareOutcome);
    stdout.resume();
    if (outcome === 'pending') await Promise.race([sending, new Promise((resolve) => stdout.once('drain', resolve))]);
    stdout.destroy();
  });
});

describe.each([false, true])('a transport that calls onclose after close() has resolved (wrapped: %s)', (wrapped) => {
  const cleanUp: (() => void)[] = [];
  afterEach(() => {
    for (const clean of cleanUp.splice(0)) clean();
  });

  /** An SDK server over a WebSocket, and how often it was told of the end. */
  async function connected(): Promise<{ server: Server; client: WebSocket; socket: WebSocket; told: () => number }> {
    const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    cleanUp.push(() => listener.close());
    await once(listener, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${String((listener.address() as AddressInfo).port)}`);
    cleanUp.push(() => {
      client.terminate();
    });
    const [[socket]] = (await Promise.all([once(listener, 'connection'), once(client, 'open')])) as [[WebSocket], []];
    const bare = new WebSocketServerTransport(socket);
    const server = new Server({ name: 'late', version: '1' }, { capabilities: {} });
    let told = 0;
    server.onclose = () => (told += 1);
    await server.connect(wrapped ? withBackchannel(bare) : bare);
    return { server, client, socket, told: () => told };
  }

  it('C8, C11: calls it once, and what the server waits for is rejected', async () => {
    const { server, client, socket, told } = await connected();
    const asked = once(client, 'message');
    const outcome = server.ping().then(String, String);
    await asked;
    const ended = once(socket, 'close');
    await server.close();
    expect(told()).toBe(0);
    await ended;
    expect(told()).toBe(1);
    expect(await outcome).toContain('Connection closed');
  });

  it('C8, C11: calls it once, though a message comes in between', async () => {
    const { server, client, socket, told } = await connected();
    const ended = once(socket, 'close');
    const before = once(socket, 'message');
    client.pause();
    await server.close();
    client.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    await before;
    expect(told()).toBe(0);
    client.resume();
    await ended;
    expect(told()).toBe(1);
  });
});
