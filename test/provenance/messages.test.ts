/** What is stamped, and what is not. */
import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { stampMessagesOf } from '../../src/provenance/stamping.js';
import { STAMP_KEY } from '../../src/routing/stamp.js';

type Message = Readonly<Record<string, unknown>>;
type Handler = (message: Message, extra?: unknown) => void;

/** Like the SDK's stdio server transport. */
function transportClass() {
  return class Pipe {
    onmessage: Handler | undefined;
    readonly sent: Message[] = [];
    start(): Promise<void> {
      return Promise.resolve();
    }
    send(message: Message, _options?: unknown): Promise<void> {
      this.sent.push(message);
      return Promise.resolve();
    }
    receive(message: Message): void {
      this.onmessage?.({ jsonrpc: '2.0', ...message });
    }
  };
}

type Pipe = InstanceType<ReturnType<typeof transportClass>>;

/** A started pipe whose server runs `handle` for each message. */
async function stamping(handle: Handler = () => undefined): Promise<Pipe> {
  const pipeClass = transportClass();
  stampMessagesOf(pipeClass);
  const pipe = new pipeClass();
  pipe.onmessage = handle;
  await pipe.start();
  return pipe;
}

const call = (id: string | number, meta?: object): Message => ({
  id,
  method: 'tools/call',
  params: { name: 'tool', ...(meta && { _meta: meta }) },
});
const ask = (id: number): Message => ({
  jsonrpc: '2.0',
  id,
  method: 'elicitation/create',
  params: { message: 'who?' },
});

/** The stamps of what was sent. */
const stampsOf = ({ sent }: Pipe): unknown[] =>
  sent.map(({ params }) => (params as { readonly _meta?: Message } | undefined)?._meta?.[STAMP_KEY]);

describe('stamps', () => {
  it('what is sent in the async context of a request, after others have come in', async () => {
    const pipe: Pipe = await stamping(({ id }) => {
      void Promise.resolve().then(async () => pipe.send(ask(Number(id) + 100)));
    });
    for (const id of [1, 2, 3]) pipe.receive(call(id));
    await new Promise(setImmediate);
    expect(stampsOf(pipe)).toEqual([1, 2, 3]);
  });

  it('what names its request, wherever it is sent', async () => {
    const pipe = await stamping();
    for (const id of ['a', 'b']) pipe.receive(call(id));
    await pipe.send(ask(1), { relatedRequestId: 'a' });
    expect(stampsOf(pipe)).toEqual(['a']);
  });

  it('progress by its token', async () => {
    const pipe = await stamping();
    pipe.receive(call(1, { progressToken: 't' }));
    pipe.receive(call(2, { progressToken: 'u' }));
    await pipe.send({ method: 'notifications/progress', params: { progressToken: 't', progress: 1 } });
    expect(stampsOf(pipe)).toEqual([1]);
  });

  it('the cancellation of a server request like the server request, until that is answered', async () => {
    const pipe = await stamping();
    for (const id of [1, 2]) pipe.receive(call(id));
    await pipe.send(ask(7), { relatedRequestId: 1 });
    await pipe.send(ask(8), { relatedRequestId: 1 });
    pipe.receive({ id: 8, result: {} });
    for (const requestId of [7, 8]) await pipe.send({ method: 'notifications/cancelled', params: { requestId } });
    expect(stampsOf(pipe)).toEqual([1, 1, 1, undefined]);
  });

  it('and keeps what else the message has in its _meta', async () => {
    const pipe = await stamping();
    pipe.receive(call(1));
    const params = { level: 'info', data: 'x', _meta: { own: 1 } };
    await pipe.send({ method: 'notifications/message', params }, { relatedRequestId: 1 });
    expect(pipe.sent).toMatchObject([{ params: { level: 'info', data: 'x', _meta: { own: 1, [STAMP_KEY]: 1 } } }]);
  });

  it('by a handler that is set after the start', async () => {
    const pipe = await stamping();
    pipe.onmessage = () => void pipe.send(ask(9));
    for (const id of [1, 2]) pipe.receive(call(id));
    expect(stampsOf(pipe)).toEqual([1, 2]);
  });

  it('once where a handler was wrapped by somebody and put back, or the class is shown twice', async () => {
    const pipe = await stamping(() => void pipe.send(ask(9)));
    const { onmessage } = pipe;
    pipe.onmessage = (message, extra) => onmessage?.(message, extra);
    stampMessagesOf(pipe.constructor);
    for (const id of [1, 2]) pipe.receive(call(id));
    pipe.onmessage = onmessage;
    pipe.receive(call(3));
    expect(stampsOf(pipe)).toEqual([1, 2, 3]);
  });
});

describe('does not stamp', () => {
  it('a guess: neither the only request in flight, nor the last', async () => {
    const pipe = await stamping();
    pipe.receive(call(1));
    await pipe.send(ask(7));
    pipe.receive(call(2));
    await pipe.send(ask(8));
    expect(stampsOf(pipe)).toEqual([undefined, undefined]);
  });

  it.each([
    ['a response', { jsonrpc: '2.0', id: 1, result: { content: [] } }],
    ['news of the session', { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }],
    ['what is no message', { hello: 'world' }],
  ])('%s, which leaves as the very object that it is', async (_, message) => {
    const pipe = await stamping(() => void pipe.send(message));
    pipe.receive(call(1));
    expect(pipe.sent[0]).toBe(message);
  });

  it('what is sent on behalf of a request that is cancelled', async () => {
    const log = { method: 'notifications/message', params: { level: 'info', data: 'late' } };
    const pipe = await stamping(({ id }) => {
      setImmediate(() => void pipe.send(id === 1 ? log : ask(Number(id))));
    });
    for (const requestId of [1, 2]) {
      pipe.receive(call(requestId));
      pipe.receive({ method: 'notifications/cancelled', params: { requestId } });
    }
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(stampsOf(pipe).filter((stamp) => stamp !== undefined)).toEqual([]);
    expect(pipe.sent.length).toBeGreaterThanOrEqual(2);
  });

  it('news of the session, which a call that is answered still sends', async () => {
    const news = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    const later: (() => Promise<void>)[] = [];
    const pipe = await stamping(() => later.push(AsyncResource.bind(async () => pipe.send(news))));
    pipe.receive(call(1));
    await pipe.send({ jsonrpc: '2.0', id: 1, result: {} });
    await later[0]?.();
    expect(pipe.sent[1]).toBe(news);
  });

  it('traffic of the 2026-07-28 revision', async () => {
    const pipe = await stamping(() => void pipe.send(ask(9), { relatedRequestId: 1 }));
    pipe.receive(call(1, { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }));
    expect(stampsOf(pipe)).toEqual([undefined]);
  });

  it('what belongs to a request of another transport', async () => {
    const first = await stamping();
    const second = await stamping(() => void first.send(ask(9)));
    first.receive(call(1));
    second.receive(call(1));
    expect(stampsOf(first)).toEqual([undefined]);
  });
});

describe('a fault of ours', () => {
  it('while a message is read changes nothing', async () => {
    const pipe = await stamping();
    const message = Object.defineProperty({}, 'method', {
      get() {
        throw new Error('unreadable');
      },
    });
    await pipe.send(message);
    expect(pipe.sent[0]).toBe(message);
    const seen: unknown[] = [];
    pipe.onmessage = (received) => seen.push(received);
    pipe.onmessage(message);
    expect(seen).toEqual([message]);
  });

  it.each([undefined, null, 'text', {}, () => 0])('is not made of a class that is none: %j', (patched) => {
    expect(() => {
      stampMessagesOf(patched, patched);
    }).not.toThrow();
  });
});

it('handles what SDK 2.x has queued in the context of each message, and not of the first', async () => {
  class Channel {
    deliver(message: Message): unknown {
      return pipe.send(ask(Number(message['id'])));
    }
  }
  stampMessagesOf(undefined, Channel);
  const queued: Message[] = [];
  const pipe: Pipe = await stamping((message) => queued.push(message));
  for (const id of [1, 2]) pipe.receive(call(id));
  pipe.receive({ method: 'notifications/roots/list_changed' });
  const [first] = queued;
  const channel = new Channel();
  pipe.onmessage = () => {
    for (const message of queued) channel.deliver(message);
  };
  // All of them in the context of one.
  pipe.receive(call(3));
  expect(first).toBeDefined();
  expect(stampsOf(pipe)).toEqual([1, 2, undefined]);
});

it.each([
  ['asks', ask(7)],
  ['logs', { method: 'notifications/message', params: { level: 'info', data: 'late' } }],
])('a call that %s after its answer is still named, so that it is not taken for another', async (_, late) => {
  const later: (() => Promise<void>)[] = [];
  const pipe = await stamping((message) => {
    if (message['id'] === 1) later.push(AsyncResource.bind(async () => pipe.send(late)));
  });
  pipe.receive(call(1));
  pipe.receive(call(2, { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }));
  await pipe.send({ jsonrpc: '2.0', id: 1, result: {} });
  pipe.receive(call(3));
  await later[0]?.();
  // A request of the 2026 era came meanwhile. It changes nothing.
  expect(stampsOf(pipe).at(-1)).toBe(1);
});
