/** One modern call and its legacy request, without HTTP: what happens when nobody comes back, and in odd orders. */
import { AsyncResource } from 'node:async_hooks';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import type { ModernCall } from '../../src/modern/envelope.js';
import { Exchange } from '../../src/modern/exchange.js';
import type { Post } from '../../src/modern/host.js';
import { InnerTransport } from '../../src/modern/inner-transport.js';
import type { Suspending } from '../../src/modern/host.js';
import { Writer } from './writer.js';

const POST: Post = { run: (work) => work() };

function callOf(fields: Partial<ModernCall> = {}): ModernCall {
  const capabilities = { elicitation: {}, sampling: {} };
  const message = { jsonrpc: '2.0' };
  return { kind: 'call', id: 'c1', method: 'tools/call', params: { name: 'ask' }, capabilities, message, ...fields };
}

const ask = (id: string, method = 'elicitation/create'): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { message: id },
});

let transport: InnerTransport;
/** What the backend gets. */
let received: JsonRpcMessage[];
let outcomes: string[];
let suspension: Suspending;

function begin(call = callOf()): { readonly exchange: Exchange; readonly writer: Writer } {
  const host = {
    transport,
    serverInfo: undefined,
    suspend: () => suspension,
    listed: () => undefined,
    ended: (outcome: string) => outcomes.push(outcome),
  };
  const writer = new Writer();
  const exchange = new Exchange(host, call);
  exchange.begin(writer, POST);
  return { exchange, writer };
}

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(20);
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  transport = new InnerTransport({});
  received = [];
  outcomes = [];
  suspension = { state: 'suspended', requestState: 'h1' };
  transport.onmessage = (message: JsonRpcMessage) => received.push(message);
  await transport.start();
  return () => vi.useRealTimers();
});

describe('a suspended call whose client does not come back', () => {
  it('closes the dialogs, refuses the rest, and is cancelled', async () => {
    const { exchange, writer } = begin();
    void transport.send(ask('q1'));
    void transport.send(ask('q2', 'sampling/createMessage'));
    await settled();
    expect(writer.answers).toMatchObject([{ id: 'c1', result: { resultType: 'input_required', requestState: 'h1' } }]);
    exchange.expired();
    await settled();
    expect(received.slice(1)).toMatchObject([
      { id: 'q1', result: { action: 'cancel' } },
      { id: 'q2', error: { code: -32000 } },
      { method: 'notifications/cancelled', params: { requestId: 1 } },
    ]);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(outcomes).toEqual(['unanswered']);
  });

  it('gives its session back as soon as the backend answers', async () => {
    const { exchange } = begin();
    void transport.send(ask('q1'));
    await settled();
    exchange.expired();
    await settled();
    void transport.send({ jsonrpc: '2.0', id: 1, result: { content: [] } });
    expect(outcomes).toEqual(['answered']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(outcomes).toEqual(['answered']);
  });

  it('has kept its result in vain', async () => {
    const { exchange } = begin();
    void transport.send(ask('q1'));
    await settled();
    void transport.send({ jsonrpc: '2.0', id: 1, result: { content: [] } });
    exchange.expired();
    await settled();
    expect(outcomes).toEqual(['answered']);
    expect(received.map(({ method }) => method)).not.toContain('notifications/cancelled');
  });
});

describe('a call that cannot be suspended', () => {
  it('fails, and is cancelled', async () => {
    suspension = { state: 'refused', reason: 'full' };
    const { writer } = begin();
    void transport.send(ask('q1'));
    await settled();
    expect(writer.answers).toMatchObject([{ id: 'c1', error: { code: -32603 } }]);
    expect(received.slice(1)).toMatchObject([{ id: 'q1', error: {} }, { method: 'notifications/cancelled' }]);
  });
});

describe('a client that leaves', () => {
  it('gets nothing any more, and the backend hears of it', async () => {
    const { writer } = begin();
    void transport.send(ask('q1'));
    writer.leave?.();
    await settled();
    expect(writer.answers).toEqual([]);
    expect(received.slice(1)).toMatchObject([{ id: 'q1', error: {} }, { method: 'notifications/cancelled' }]);
  });

  it('has left before it was handed over', async () => {
    const writer = new Writer();
    writer.isOver = true;
    const host = {
      transport,
      serverInfo: undefined,
      suspend: () => suspension,
      listed: () => undefined,
      ended: (how: string) => outcomes.push(how),
    };
    new Exchange(host, callOf()).begin(writer, POST);
    await settled();
    expect(received).toEqual([]);
    expect(outcomes).toEqual(['answered']);
  });
});

describe('a server request', () => {
  it('is not put to the client if the backend takes it back', async () => {
    const { writer } = begin();
    void transport.send(ask('q1'));
    void transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'q1' } });
    await settled();
    expect(writer.answers).toEqual([]);
    void transport.send({ jsonrpc: '2.0', id: 1, result: { content: [] } });
    expect(writer.answers).toMatchObject([{ id: 'c1', result: { resultType: 'complete' } }]);
  });

  it('waits for a call that may carry it: a list may not', async () => {
    const list = begin(callOf({ method: 'tools/list', params: {} }));
    void transport.send(ask('q1')).catch(() => undefined);
    await settled();
    expect(list.writer.answers).toEqual([]);
    const call = begin(callOf({ id: 'c2' }));
    await settled();
    expect(call.writer.answers).toMatchObject([{ id: 'c2', result: { resultType: 'input_required' } }]);
  });

  it('does not wait for the call of another client', async () => {
    transport.hasSeveralClients = true;
    begin(callOf({ method: 'tools/list', params: {} }));
    await expect(transport.send(ask('q1'))).rejects.toMatchObject({ code: 'NOT_IN_FLIGHT' });
    const { writer } = begin(callOf({ id: 'c2' }));
    await settled();
    expect(writer.answers).toEqual([]);
  });

  it('is refused in bounded time if no such call comes', async () => {
    const sent = transport.send(ask('q1'));
    const failed = expect(sent).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(6_000);
    await failed;
  });
});

describe('a log of a call that is over', () => {
  const log = (data: string): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { data } });
  /** Begins a legacy call. @returns what it receives */
  const legacyCall = (id: number, method = 'tools/call'): JsonRpcMessage[] => {
    const seen: JsonRpcMessage[] = [];
    const call = { mayAsk: method === 'tools/call', received: (message: JsonRpcMessage) => seen.push(message) };
    transport.begin({ jsonrpc: '2.0', id, method, params: {} }, call);
    return seen;
  };
  let reported: Error[];
  /** Sends on behalf of the call that came last. */
  let sendForLast: (message: object) => Promise<void>;

  beforeEach(() => {
    reported = [];
    transport.onerror = (error) => reported.push(error);
    transport.onmessage = () => {
      sendForLast = AsyncResource.bind(async (message: object) => transport.send(message));
    };
    transport.hasSeveralClients = true;
  });

  async function firstIsOver(): Promise<typeof sendForLast> {
    legacyCall(1);
    const sendForFirst = sendForLast;
    await transport.send({ jsonrpc: '2.0', id: 1, result: {} });
    transport.forget(1);
    return sendForFirst;
  }

  it('does not wait for the call of another client', async () => {
    await firstIsOver();
    legacyCall(2, 'tools/list');
    await transport.send(log('of the first'));
    expect(reported).toMatchObject([{ code: 'NOT_IN_FLIGHT' }]);
    const second = legacyCall(3);
    await settled();
    expect(second).toEqual([]);
  });

  it('is not sent on the stream of another client, which gets its own', async () => {
    const sendForFirst = await firstIsOver();
    const second = legacyCall(2);
    await sendForFirst(log('of the first'));
    await sendForLast(log('of the second'));
    expect(second).toEqual([log('of the second')]);
    expect(reported).toMatchObject([{ code: 'NOT_IN_FLIGHT' }]);
  });

  it('waits for the next call of the same client', async () => {
    transport.hasSeveralClients = false;
    await firstIsOver();
    await transport.send(log('of the first'));
    const second = legacyCall(2);
    await settled();
    expect(second).toEqual([log('of the first')]);
    expect(reported).toEqual([]);
  });

  it('is another matter than a server request that is taken back after its call was cancelled', async () => {
    const first = legacyCall(1);
    const sendForFirst = sendForLast;
    void sendForFirst(ask('q1'));
    transport.feed({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await sendForFirst({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'q1' } });
    expect(first).toMatchObject([{ id: 'q1' }, { method: 'notifications/cancelled' }]);
    expect(reported).toEqual([]);
  });
});

describe('a session that has ended', () => {
  it('answers what comes in later', async () => {
    await transport.close();
    const { writer } = begin();
    expect(writer.answers).toMatchObject([{ id: 'c1', error: { message: 'The session with the backend has ended' } }]);
  });

  it('answers what it has not answered', async () => {
    const { writer } = begin();
    await transport.close();
    expect(writer.answers).toMatchObject([{ id: 'c1', error: { message: 'The session with the backend has ended' } }]);
  });
});
