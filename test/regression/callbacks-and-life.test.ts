/** Callbacks, the life of a transport, and strange traffic. */
import type { Observable } from 'rxjs';
import { expect, test, vi } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { deferred } from '../support/deferred.js';
import { answer, elicit, MODERN, notification, progress, request } from '../support/messages.js';
import { NullHttpTransport, NullTransport } from '../support/null-transport.js';
import { rig, rigOf } from '../support/rig.js';

function boom(): never {
  throw new Error('boom');
}

test('what a handler throws stays away from the inner transport, and the client is answered', () => {
  const { inner, transport, errors } = rig();
  transport.onmessage = boom;
  inner.deliver(request(1));
  inner.deliver(notification('notifications/initialized'));
  expect(errors).toMatchObject([{ code: 'CALLBACK_FAILED' }, { code: 'CALLBACK_FAILED' }]);
  expect(inner.sent.map(({ message }) => message)).toMatchObject([{ id: 1, error: { code: -32603 } }]);
  expect(transport.backchannel.snapshot().inFlight).toEqual([]);
});

test('a handler that throws after it has answered is not answered for again', async () => {
  const { inner, transport } = rig();
  transport.onmessage = () => {
    void transport.send(answer(1));
    boom();
  };
  inner.deliver(request(1));
  await Promise.resolve();
  expect(inner.sent.map(({ message }) => message)).toEqual([answer(1)]);
});

test('hooks and subscribers that throw lose no message, and an onerror that throws does not either', async () => {
  const { inner, transport, received, errors } = rig({ scopeOf: boom, sessionOf: boom });
  for (const name of ['inbound$', 'outbound$', 'routes$'] as const) {
    (transport.backchannel[name] as Observable<unknown>).subscribe({ next: boom, complete: boom });
  }
  inner.deliver(request(1));
  await transport.send(elicit('question'));
  expect(errors.length).toBeGreaterThanOrEqual(4);
  expect(errors.every(({ code }) => code === 'CALLBACK_FAILED')).toBe(true);

  transport.onerror = boom;
  inner.deliver(request(2));
  await transport.send(notification('notifications/message'));
  expect(received.map(({ message }) => message.id)).toEqual([1, 2]);
  expect(inner.sent).toHaveLength(2);
  await transport.close();
});

test('onmessage may be set before start, after start, be replaced and read back', async () => {
  const inner = new NullHttpTransport();
  const transport = withBackchannel(inner);
  const calls: string[] = [];
  const handler = (name: string) => () => void calls.push(name);
  const before = handler('before');
  transport.onmessage = before;
  expect(transport.onmessage).toBe(before);
  await transport.start();
  inner.deliver(request(1));
  transport.onmessage = handler('after');
  inner.deliver(request(2));
  transport.onmessage = undefined;
  inner.deliver(request(3));
  expect(transport.onmessage).toBeUndefined();
  transport.onmessage = before;
  inner.deliver(request(4));
  expect(calls).toEqual(['before', 'after', 'before']);
  // Who did not get a request will not answer it either.
  expect(transport.backchannel.snapshot().inFlight.map(({ id }) => id)).toEqual([1, 2, 4]);
});

test('close() rejects the sends that wait, and onclose is called once', async () => {
  const { inner, transport } = rig();
  const never = deferred();
  const closes = vi.spyOn(inner, 'close');
  let closed = 0;
  transport.onclose = () => (closed += 1);
  inner.write = async () => never.promise;
  inner.deliver(request(1));
  const writing = transport.send(elicit('writing'));
  const waiting = transport.send(elicit('waiting'));
  const closing = [transport.close(), transport.close()];
  await expect(writing).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
  await Promise.all(closing);
  await transport.close();
  inner.onclose?.();
  expect(closed).toBe(1);
  expect(closes).toHaveBeenCalledOnce();
  expect(inner.sent).toHaveLength(1);
  expect(transport.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
});

test('a transport that ends without being asked to settles everything just so', async () => {
  const { inner, transport } = rig();
  let closed = 0;
  transport.onclose = () => (closed += 1);
  inner.write = async () => deferred().promise;
  inner.deliver(request(1));
  const writing = transport.send(elicit('writing'));
  inner.onclose?.();
  inner.onclose?.();
  await expect(writing).rejects.toMatchObject({ code: 'CLOSED' });
  expect(closed).toBe(1);
});

test('a transport that reconnects begins with nothing in flight, and late sends do not land there', async () => {
  const { inner, transport, onBehalfOf } = rig();
  const late: (() => Promise<void>)[] = [];
  inner.deliver(request(1));
  inner.deliver(request(2));
  late.push(async () => onBehalfOf(1, async () => transport.send(elicit('late'))));
  // It says so by calling back, and by nothing else.
  inner.onclose?.();
  transport.onmessage = () => undefined;
  inner.deliver(request(2));
  expect(transport.backchannel.snapshot().inFlight.map(({ id }) => id)).toEqual([2]);
  await expect(late[0]?.()).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(
    onBehalfOf(1, async () => transport.send(notification('notifications/message'))),
  ).resolves.toBeUndefined();
  expect(inner.sent).toEqual([]);
  await transport.send(elicit('of this life'));
  expect(inner.relatedIdOf('of this life')).toBe(2);
});

test('thousands in flight each get their own message, and nothing is left at the end', async () => {
  const { inner, transport, onBehalfOf } = rig();
  const count = 5_000;
  for (let id = 0; id < count; id++) inner.deliver(request(id));
  expect(transport.backchannel.snapshot().inFlight).toHaveLength(count);
  for (let step = 0; step < count; step++) {
    const id = (step * 7_919) % count;
    await onBehalfOf(id, async () => transport.send(elicit(`question ${id}`)));
    if (inner.sent.at(-1)?.options?.relatedRequestId !== id) expect.unreachable(`the question of ${id} went astray`);
    inner.deliver(answer(`question ${id}`));
    await transport.send(answer(id));
  }
  expect(transport.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
});

test('a message whose write has failed is not written a second time', async () => {
  const { inner, transport, routes } = rig();
  inner.deliver(request(1));
  inner.deliver(request(2));
  inner.write = async () => Promise.reject(new Error('the stream died'));
  await expect(transport.send(elicit('question'))).rejects.toThrow('the stream died');
  expect(inner.sent).toHaveLength(1);
  expect(routes).toMatchObject([{ relatedRequestId: 2, outcome: 'failed' }]);
  expect(transport.backchannel.snapshot().openExchanges).toBe(0);
});

const strange: readonly unknown[] = [
  null,
  undefined,
  'text',
  7,
  [request(1)],
  {},
  { jsonrpc: '2.0', id: null, method: 'tools/call' },
  { jsonrpc: '2.0', id: 1.5, method: 'tools/call' },
  { jsonrpc: '2.0', id: 1, method: 7 },
  { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
];

test.each(strange.map((message) => ({ message })))(
  'a strange message passes in and out untouched, and is not tracked: $message',
  async ({ message }) => {
    const { inner, transport, received, errors } = rig();
    const extra = {};
    inner.deliver(message, extra);
    expect(received[0]?.message).toBe(message);
    expect(received[0]?.extra).toBe(extra);
    expect(transport.backchannel.snapshot().inFlight).toEqual([]);

    await transport.send(message as never, extra);
    expect(inner.sent[0]?.message).toBe(message);
    expect(inner.sent[0]?.options).toBe(extra);
    expect(errors).toEqual([]);
  },
);

test('with traffic of the 2026 revision nothing is inferred', async () => {
  const { inner, transport, routes, onBehalfOf } = rig();
  inner.deliver(request(1, 'tools/call', MODERN));
  for (const message of [elicit('a'), progress('unknown'), notification('notifications/tools/list_changed')]) {
    const options = { relatedRequestId: 'stale' };
    await onBehalfOf(1, async () => transport.send(message, options));
    expect(inner.sent.at(-1)?.options).toBe(options);
  }
  expect(routes.every(({ evidence, outcome }) => evidence === 'not-inferred' && outcome === 'delivered')).toBe(true);
});

test('with several sessions, a message never falls back on another one, even the only live one', async () => {
  const { inner, transport, onBehalfOf } = rig({
    sessionOf: (_message, extra) => (extra as { session?: string } | undefined)?.session,
  });
  inner.deliver(request(1), { session: 'a' });
  await transport.send(elicit('of nobody'));
  expect(inner.optionsOf('of nobody')).toBeUndefined();
  await transport.send(elicit('of b'), { session: 'b' });
  expect(inner.relatedIdOf('of b')).toBeUndefined();
  const stale = transport.send(elicit('of b, stale'), { session: 'b', relatedRequestId: 1 });
  await expect(stale).rejects.toMatchObject({ code: 'NOT_IN_FLIGHT' });
  // Its context names the session; an id in flight there stands.
  await onBehalfOf(1, async () => transport.send(elicit('of a')));
  expect(inner.relatedIdOf('of a')).toBe(1);
  await onBehalfOf(1, async () => transport.send(elicit('of b, in the context of a'), { session: 'b' }));
  expect(inner.relatedIdOf('of b, in the context of a')).toBeUndefined();
});

test('wrapping twice, the transport or the wrapper, gives the wrapper there is, and routes once', async () => {
  const { inner, transport, routes, received } = rig();
  expect(withBackchannel(inner)).toBe(transport);
  expect(withBackchannel(transport, { ambiguous: 'reject' })).toBe(transport);
  inner.deliver(request(1));
  await withBackchannel(transport).send(elicit('question'));
  expect([received.length, routes.length, inner.sent.length]).toEqual([1, 1, 1]);
  expect(inner.relatedIdOf('question')).toBe(1);
});

test('a wrapper around a wrapper with something in between works, and routes to the same request', async () => {
  class Middleware extends NullTransport {
    constructor(private readonly next: NullHttpTransport) {
      super();
      next.onmessage = (message, extra) => this.onmessage?.(message, extra);
    }
    override async send(...args: Parameters<NullTransport['send']>): Promise<void> {
      return this.next.send(...args);
    }
  }
  const inside = withBackchannel(new NullHttpTransport());
  const { transport, onBehalfOf } = rigOf(new Middleware(inside));
  for (const id of [1, 2]) inside.deliver(request(id));
  await onBehalfOf(1, async () => transport.send(elicit('question')));
  expect(inside.sent).toHaveLength(1);
  expect(inside.relatedIdOf('question')).toBe(1);
  for (const id of [1, 2]) await transport.send(answer(id));
  expect(inside.backchannel.snapshot().inFlight).toEqual([]);
});
