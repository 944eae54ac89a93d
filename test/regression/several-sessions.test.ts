/** Bugs of one transport that carries several sessions, each named after its cause. */
import { AsyncResource } from 'node:async_hooks';
import { expect, test, vi } from 'vitest';
import type { MethodMessage, ResponseMessage } from '../../src/routing/message.js';
import { deferred } from '../support/deferred.js';
import { answer, elicit, MODERN, notification, request } from '../support/messages.js';
import type { NullHttpTransport } from '../support/null-transport.js';
import { rig, type Rig } from '../support/rig.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

/** Names the session of what carries its name. */
const SEVERAL = {
  sessionOf: (_message: unknown, extra: unknown) => (extra as { readonly session?: string } | undefined)?.session,
};

const log = (data: string): MethodMessage => notification('notifications/message', { data });

/** What has been handed to the inner transport: the data of a message, or the id of a response. */
const written = ({ inner }: Rig<NullHttpTransport>): unknown[] =>
  inner.sent.map(({ message }) => (message.params as { data?: string } | undefined)?.data ?? message.id);

test('a context whose request was answered long ago named the session of what others had caused', async () => {
  const { inner, transport, routes, onBehalfOf } = rig(SEVERAL);
  inner.deliver(request('first'), { session: 'a' });
  const read = onBehalfOf('first', () =>
    AsyncResource.bind(async (message: MethodMessage | ResponseMessage) => transport.send(message)),
  );
  await transport.send(answer('first'), { session: 'a' });
  inner.deliver(request('second'), { session: 'a' });
  inner.deliver(request('other'), { session: 'b' });
  await read(elicit('of b, as far as anybody knows'));
  expect(inner.sent.at(-1)?.options).toBeUndefined();
  expect(routes).toMatchObject([{ session: undefined, to: 'unchanged', evidence: 'not-inferred' }]);
});

test.each(['answered', 'in flight'])(
  'a context of a request that is %s ended a request of its session that bore the id of an answer',
  async (state) => {
    const { inner, transport, onBehalfOf } = rig(SEVERAL);
    inner.deliver(request('first'), { session: 'a' });
    const read = onBehalfOf('first', () =>
      AsyncResource.bind(async (message: MethodMessage | ResponseMessage) => transport.send(message)),
    );
    if (state === 'answered') await transport.send(answer('first'), { session: 'a' });
    for (const session of ['a', 'b']) inner.deliver(request('both'), { session });
    await read(answer('both'));
    expect(inner.sent.at(-1)?.message).toEqual(answer('both'));
    const ofBoth = transport.backchannel.snapshot().inFlight.filter(({ id }) => id === 'both');
    expect(ofBoth.map(({ session }) => session)).toEqual(['a', 'b']);
  },
);

test('an answer on behalf of its own request, of which two sessions have the id, ends it in its session', async () => {
  const { inner, transport, onBehalfOf } = rig(SEVERAL);
  inner.deliver(request(1), { session: 'a' });
  const answerFirst = onBehalfOf(1, () => AsyncResource.bind(async () => transport.send(answer(1))));
  inner.deliver(request(1), { session: 'b' });
  await answerFirst();
  expect(transport.backchannel.snapshot().inFlight).toMatchObject([{ session: 'b', id: 1 }]);
});

test.each([{}, SEVERAL])(
  'an answer of an earlier life ended the request of the same id in the next',
  async (options) => {
    const { inner, transport, onBehalfOf } = rig(options);
    inner.deliver(request(1), { session: 'a' });
    const answerLate = onBehalfOf(1, () => AsyncResource.bind(async () => transport.send(answer(1))));
    await transport.close();
    await transport.start();
    inner.deliver(request(1), { session: 'a' });
    await answerLate();
    expect(inner.sent.map(({ message }) => message)).toEqual([answer(1)]);
    expect(transport.backchannel.snapshot().inFlight).toMatchObject([{ id: 1 }]);
  },
);

test('an answer whose session nobody can name overtook what had named its request before', async () => {
  const wrapped = rig(SEVERAL);
  const { inner, transport } = wrapped;
  for (const session of ['a', 'b']) inner.deliver(request('both'), { session });
  const slow = deferred();
  inner.write = async ({ message }) => ('method' in message ? slow.promise : undefined);
  const sent = [
    transport.send(log('of one of them'), { relatedRequestId: 'both' }),
    transport.send(log('of nobody known'), { relatedRequestId: 'neither' }),
    transport.send(answer('both')),
    transport.send(answer('neither')),
  ];
  expect(written(wrapped)).toEqual(['of one of them']);
  slow.resolve();
  await Promise.all(sent);
  expect(written(wrapped)).toEqual(['of one of them', 'of nobody known', 'both', 'neither']);
});

test('what a session was sent on its standalone stream waited for what another was sent on its own', async () => {
  const wrapped = rig(SEVERAL);
  const { inner, transport } = wrapped;
  const slow = deferred();
  inner.write = async ({ options }) => (options?.['session'] === 'a' ? slow.promise : undefined);
  const sent = ['a 1', 'b 1', 'a 2', 'b 2'].map(async (data) => transport.send(log(data), { session: data[0] }));
  await Promise.all([sent[1], sent[3]]);
  expect(written(wrapped)).toEqual(['a 1', 'b 1', 'b 2']);
  slow.resolve();
  await Promise.all(sent);
  expect(written(wrapped)).toEqual(['a 1', 'b 1', 'b 2', 'a 2']);
});

test('a session with nothing in flight keeps the order of its standalone stream while that is being written', async () => {
  vi.useFakeTimers();
  try {
    const wrapped = rig(SEVERAL);
    const { inner, transport } = wrapped;
    const writes = new Map<unknown, () => void>();
    inner.write = async ({ message }) =>
      new Promise((resolve) => {
        writes.set((message.params as { data: string }).data, resolve);
      });
    const sent = ['1', '2', '3'].map(async (data) => transport.send(log(data), { session: 'a' }));
    expect([...writes.keys()]).toEqual(['1']);
    writes.get('1')?.();
    await sent[0];
    expect([...writes.keys()]).toEqual(['1', '2']);
    sent.push(transport.send(log('4'), { session: 'a' }));
    // One that stalls is given up, and lets the next go.
    await vi.advanceTimersByTimeAsync(30_000);
    expect([...writes.keys()]).toEqual(['1', '2', '3']);
    writes.get('3')?.();
    await sent[2];
    writes.get('4')?.();
    await Promise.all(sent);
    sent.push(transport.send(log('5'), { session: 'a' }));
    expect([...writes.keys()]).toEqual(['1', '2', '3', '4', '5']);
    writes.get('5')?.();
    await transport.close();
  } finally {
    vi.useRealTimers();
  }
});

test('of two sessions of the 2026 revision only the last was remembered, and news of the other was refused', async () => {
  const { inner, transport, errors } = rig(SEVERAL);
  for (const session of ['a', 'b']) {
    inner.deliver(request(session, 'tools/call', MODERN), { session });
    await transport.send(answer(session), { session });
  }
  for (const session of ['a', 'b']) {
    await transport.send(log(session), { session, relatedRequestId: session });
    expect(inner.sent.at(-1)?.options).toEqual({ session, relatedRequestId: session });
  }
  expect(errors).toEqual([]);
});

test('a question whose stream went while it waited for its turn no longer belonged to its session', async () => {
  const sessionOf = ({ params }: { params?: unknown }): string | undefined => (params as { session?: string }).session;
  const { inner, transport, routes, onBehalfOf, post } = watchedRig({ sessionOf });
  const connection = post(request('call', 'tools/call', { session: 'a' }));
  const slow = deferred();
  inner.write = async ({ message }) => (message.id === undefined ? slow.promise : undefined);
  void transport.send(notification('notifications/message', { session: 'a' }), { relatedRequestId: 'call' });
  const question = onBehalfOf('call', async () => transport.send(elicit('q')));
  inner.deliver(notification('notifications/cancelled', { requestId: 'call', session: 'a' }));
  connection.disconnect();
  slow.resolve();
  await question;
  expect(routes.at(-1)).toMatchObject({ id: 'q', session: 'a', outcome: 'delivered' });
  expect(transport.backchannel.snapshot().openExchanges).toBe(1);
  await closeRigs();
});
