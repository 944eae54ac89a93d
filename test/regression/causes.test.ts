/** Bugs that were, each named after its cause. */
import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { now } from '../../src/clock.js';
import { OrderedStream } from '../../src/streams/ordered-stream.js';
import { WriteOrder } from '../../src/interceptor/write-order.js';
import { deferred } from '../support/deferred.js';
import { collectGarbage } from '../support/gc.js';
import { answer, elicit, MODERN, notification, request } from '../support/messages.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { rig, rigOf } from '../support/rig.js';
import { watchedRig } from '../support/watched-rig.js';

test('a cancelled request left the ledger, and its answer overtook a question on its stream', async () => {
  const asked = deferred();
  class SlowStore extends NullHttpTransport {
    override async send(...args: Parameters<NullHttpTransport['send']>): Promise<void> {
      await super.send(...args);
      if (args[0].method !== undefined) await asked.promise;
    }
  }
  const { inner, transport } = rigOf(new SlowStore());
  inner.deliver(request(0));
  const question = transport.send(elicit('a'), { relatedRequestId: 0 });
  inner.deliver(notification('notifications/cancelled', { requestId: 0 }));
  const late = transport.send(answer(0));
  expect(inner.sent.map(({ message }) => message.method)).toEqual(['elicitation/create']);
  asked.resolve();
  await Promise.all([question, late]);
  expect(inner.sent.map(({ message }) => message.method)).toEqual(['elicitation/create', undefined]);
});

test('a reaction that was sent while a write was called let the next message overtake that write', async () => {
  const order = new WriteOrder(60_000, () => new Error('stalled'));
  const stream = new OrderedStream();
  const slow = deferred();
  const begun: string[] = [];
  const write = (name: string, end: Promise<void>): (() => Promise<void>) => {
    return async () => {
      begun.push(name);
      return end;
    };
  };
  let reaction: Promise<void> | undefined;
  const first = order.write(stream, now(), {
    perform: async () => {
      reaction = order.write(stream, now(), { perform: write('reaction', Promise.resolve()) });
      return slow.promise;
    },
  });
  await reaction;
  const next = order.write(stream, now(), { perform: write('next', Promise.resolve()) });
  expect(begun).toEqual(['reaction']);
  slow.resolve();
  await Promise.all([first, next]);
  expect(begun).toEqual(['reaction', 'next']);
});

test('a client that tried the 2026 revision and fell back was taken to speak it for ever', async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request('probe', 'server/discover', MODERN));
  await transport.send(answer('probe'));
  inner.deliver(request(1));
  await transport.send(elicit('a'), { relatedRequestId: 'stale' });
  expect(routes.at(-1)).toMatchObject({ relatedRequestId: 1, evidence: 'sole' });
});

test('one of several sessions forgot with its last answer that it speaks the 2026 revision', async () => {
  const { inner, transport, routes } = rig({
    sessionOf: (_message, extra) => (extra as { session?: string } | undefined)?.session,
  });
  inner.deliver(request(1, 'tools/call', MODERN), { session: 'a' });
  await transport.send(answer(1), { session: 'a' });
  await transport.send(elicit('a'), { relatedRequestId: 1, session: 'a' });
  expect(routes.at(-1)).toMatchObject({ to: 'unchanged', evidence: 'not-inferred' });
});

test('a message that waited for its turn was written on a stream that had gone meanwhile', async () => {
  const rig = watchedRig();
  const stored = deferred();
  rig.inner.write = async ({ message }) => (message.id === 'first' ? stored.promise : Promise.resolve());
  const post = rig.post(request(1));
  const first = rig.transport.send(elicit('first'), { relatedRequestId: 1 });
  const second = rig.transport.send(elicit('second'), { relatedRequestId: 1 });
  post.disconnect();
  rig.get();
  await Promise.resolve();
  stored.resolve();
  await Promise.all([first, second]);
  expect(rig.inner.optionsOf('first')).toMatchObject({ relatedRequestId: 1 });
  expect(rig.inner.relatedIdOf('second')).toBeUndefined();
  expect(rig.story()).toEqual(['first → 1: delivered', 'second → standalone: delivered']);
  await rig.transport.close();
});

test.each([
  { title: 'one that stores it is given it', stores: true, story: 'notifications/message → standalone: delivered' },
  { title: 'of one that does not it is reported', stores: false, story: 'refused PARK_TIMEOUT' },
])('news for a standalone stream that is away was given to a transport that discards it: $title', async (row) => {
  vi.useFakeTimers();
  try {
    const rig = watchedRig({ parkTimeoutMs: 100 });
    if (row.stores) Object.assign(rig.inner, { closeStandaloneSSEStream: () => undefined });
    const get = rig.get();
    await Promise.resolve();
    get.write('id: 1\ndata: {}\n\n');
    get.disconnect();
    await rig.transport.send(notification('notifications/message', { data: 'while you were away' }));
    await vi.advanceTimersByTimeAsync(150);
    expect(rig.story().at(-1)).toContain(row.story);
    expect(rig.errors).toMatchObject(row.stores ? [] : [{ code: 'PARK_TIMEOUT' }]);
    expect(rig.inner.sent).toHaveLength(row.stores ? 1 : 0);
    await rig.transport.close();
  } finally {
    vi.useRealTimers();
  }
});

test('one answer in JSON made a stream that was open count as none', async () => {
  const rig = watchedRig();
  rig.post(request(1));
  rig.inner.json = true;
  rig.post(request(2, 'tools/list'));
  await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
  expect(rig.routes.at(-1)).toMatchObject({ relatedRequestId: 1, evidence: 'explicit', outcome: 'delivered' });
  await rig.transport.close();
});

test('news that was late for ever left no room for questions', async () => {
  vi.useFakeTimers();
  try {
    const rig = watchedRig({ maxParked: 2, parkTimeoutMs: 100 });
    for (const uri of ['a', 'b']) {
      await rig.transport.send(notification('notifications/resources/updated', { uri }));
    }
    await vi.advanceTimersByTimeAsync(150);
    const asked = rig.transport.send(elicit('q'));
    rig.post(request(1));
    await asked;
    expect(rig.errors).toMatchObject([{ code: 'PARK_FULL' }]);
    expect(rig.story().at(-1)).toBe('q → 1: delivered');
    await rig.transport.close();
  } finally {
    vi.useRealTimers();
  }
});

test('different messages of one method, re-classified as session-wide, were taken for the same news', async () => {
  const rig = watchedRig({ scopeOf: () => 'session' });
  for (const data of [1, 2, 3]) await rig.transport.send(notification('notifications/message', { data }));
  rig.get();
  await setImmediate();
  expect(rig.inner.sent.map(({ message }) => (message.params as { data: number }).data)).toEqual([1, 2, 3]);
  await rig.transport.close();
});

test('a question whose cancellation was not sent stayed open', async () => {
  const rig = watchedRig({ parkTimeoutMs: 0 });
  const get = rig.get();
  await Promise.resolve();
  await rig.transport.send(elicit('q'));
  get.disconnect();
  await rig.transport.send(notification('notifications/cancelled', { requestId: 'q' }));
  expect(rig.transport.backchannel.snapshot().openExchanges).toBe(0);
  await rig.transport.close();
});

test('a client that answered after all gave the proxy a second answer', async () => {
  vi.useFakeTimers();
  try {
    const rig = watchedRig({ orphanTimeoutMs: 100 });
    const get = rig.get();
    await Promise.resolve();
    await rig.transport.send(elicit('q'));
    get.disconnect();
    await vi.advanceTimersByTimeAsync(150);
    rig.inner.deliver(answer('q'));
    expect(rig.received.filter(({ message }) => message.id === 'q')).toHaveLength(1);
    expect(rig.errors.at(-1)).toMatchObject({ code: 'ORPHANED' });
    await rig.transport.close();
  } finally {
    vi.useRealTimers();
  }
});

test('a stream that the server had ended counted as open until its connection was gone', async () => {
  const rig = watchedRig();
  const get = rig.get();
  await Promise.resolve();
  get.end();
  await rig.transport.send(notification('notifications/message', { data: 1 }));
  expect(rig.story()).toEqual(['notifications/message → nowhere: parked']);
  await rig.transport.close();
});

test('a transport whose close() failed left those who had sent to wait', async () => {
  const { inner, transport } = rig();
  inner.write = async () => new Promise(() => undefined);
  inner.close = async () => Promise.reject(new Error('stuck'));
  inner.deliver(request(1));
  const sent = transport.send(elicit('q'));
  await expect(transport.close()).rejects.toThrow('stuck');
  await expect(sent).rejects.toMatchObject({ code: 'CLOSED' });
});

test('async contexts that live on kept closed transports in memory', async () => {
  const kept: AsyncResource[] = [];
  const open = async (): Promise<WeakRef<object>> => {
    const { inner, transport } = rig();
    transport.onmessage = () => kept.push(new AsyncResource('lives on'));
    inner.deliver(request(1));
    await transport.send(answer(1));
    await transport.close();
    return new WeakRef(inner);
  };
  const closed = await open();
  await collectGarbage();
  expect(kept).toHaveLength(1);
  expect(closed.deref()).toBeUndefined();
});

test('a message that throws when it is read ended the routing of every message after it', async () => {
  const { inner, transport, errors, received } = rig();
  const hostile = Object.defineProperty({ jsonrpc: '2.0', id: 7 }, 'method', {
    get: () => {
      throw new Error('not for you');
    },
  });
  inner.deliver(hostile);
  expect(received[0]?.message).toBe(hostile);
  await transport.send(hostile);
  expect(inner.sent[0]?.message).toBe(hostile);
  expect(errors).toMatchObject([{ code: 'UNREADABLE_MESSAGE' }, { code: 'UNREADABLE_MESSAGE' }]);

  inner.deliver(request(1));
  await transport.send(elicit(1));
  expect(inner.sent.at(-1)?.options).toEqual({ relatedRequestId: 1 });
});

test('what became of a write that close() interrupted was told to nobody', async () => {
  class Hanging extends NullHttpTransport {
    override async send(...args: Parameters<NullHttpTransport['send']>): Promise<void> {
      await super.send(...args);
      return new Promise(() => undefined);
    }
  }
  const { inner, transport, routes } = rigOf(new Hanging());
  inner.deliver(request(1));
  const question = transport.send(elicit(1));
  await transport.close();
  await expect(question).rejects.toMatchObject({ code: 'CLOSED' });
  expect(routes).toMatchObject([{ outcome: 'failed', error: { code: 'CLOSED' }, relatedRequestId: 1 }]);
});
