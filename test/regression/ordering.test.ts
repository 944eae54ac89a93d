/** Bugs of messages that wait for their turn on a stream, or are being written, each named after its cause. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import type { MethodMessage, RequestId } from '../../src/routing/message.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { answer, cancelled, elicit, MODERN, notification, request } from '../support/messages.js';
import { NullTransport, type NullHttpTransport } from '../support/null-transport.js';
import { rig, type Rig } from '../support/rig.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const never = async (): Promise<void> => new Promise(() => undefined);

beforeEach(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  await closeRigs();
  process.off('unhandledRejection', note);
  unhandled.length = 0;
});

test('a question that had just looked for another stream was rejected a second time by close(), where nobody listened', async () => {
  const { inner, transport, post } = watchedRig();
  const slow = deferred();
  inner.write = async ({ message }) => (message.id === 'q' ? undefined : slow.promise);
  const connection = post(request(1));
  const first = transport.send(notification('notifications/message'), { relatedRequestId: 1 });
  const question = transport.send(elicit('q'), { relatedRequestId: 1 });
  connection.disconnect();
  const closed = first.then(async () => transport.close());
  slow.resolve();
  await expect(question).rejects.toMatchObject({ code: 'CLOSED' });
  await closed;
  await setImmediate();
  expect(unhandled).toEqual([]);
});

test('close() threw at the senders of notifications that were being written, or waited for their turn', async () => {
  const { inner, transport, errors } = rig();
  inner.write = never;
  inner.deliver(request(1));
  const sent = ['being written', 'waiting'].map(async (data) =>
    transport.send(notification('notifications/message', { data }), { relatedRequestId: 1 }),
  );
  const question = transport.send(elicit('q'), { relatedRequestId: 1 });
  await transport.close();
  await expect(Promise.all(sent)).resolves.toBeDefined();
  expect(errors).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }]);
  await expect(question).rejects.toMatchObject({ code: 'CLOSED' });
});

test('an event store that does not answer threw at the sender of a notification', async () => {
  vi.useFakeTimers();
  try {
    const { inner, transport, errors, routes } = rig();
    inner.write = never;
    inner.deliver(request(1));
    const sent = transport.send(notification('notifications/message'), { relatedRequestId: 1 });
    await vi.advanceTimersByTimeAsync(30_000);
    await expect(sent).resolves.toBeUndefined();
    expect(errors).toMatchObject([{ code: 'WRITE_TIMEOUT' }]);
    expect(routes).toMatchObject([{ outcome: 'failed', error: { code: 'WRITE_TIMEOUT' } }]);

    inner.write = async () => Promise.reject(new Error('the transport says no'));
    inner.deliver(request(2));
    const refused = transport.send(notification('notifications/message'), { relatedRequestId: 2 });
    await expect(refused).rejects.toThrow('the transport says no');
    expect(errors).toHaveLength(1);
    await transport.close();
  } finally {
    vi.useRealTimers();
  }
});

const log = (data: string): MethodMessage => notification('notifications/message', { data });

/** What has been handed to the inner transport: the data of a message, or the id of a response. */
const written = ({ inner }: Rig<NullHttpTransport>): unknown[] =>
  inner.sent.map(({ message }) => (message.params as { data?: string } | undefined)?.data ?? message.id);

/** From here on, what names a request is written slowly, and what names no other is not. */
function slowFor({ inner }: Rig<NullHttpTransport>, id: RequestId): Deferred {
  const slow = deferred();
  inner.write = async ({ options }) => (options?.relatedRequestId === id ? slow.promise : undefined);
  return slow;
}

test('messages of the 2026 revision kept one order for all requests, and a response overtook those of its own', async () => {
  const wrapped = rig();
  const { inner, transport } = wrapped;
  inner.deliver(request(1, 'tools/call', MODERN));
  inner.deliver(request(2, 'tools/call', MODERN));
  const slow = slowFor(wrapped, 1);
  const sent = [
    transport.send(log('of 1'), { relatedRequestId: 1 }),
    transport.send(log('of 2'), { relatedRequestId: 2 }),
    transport.send(log('of neither'), { relatedRequestId: 'never asked' }),
    transport.send(log('of the session')),
    transport.send(answer(1)),
  ];
  expect(written(wrapped)).toEqual(['of 1', 'of 2', 'of neither', 'of the session']);
  slow.resolve();
  await Promise.all(sent);
  expect(written(wrapped).at(-1)).toBe(1);
});

test('what named its request, but no session, waited for other requests, and its response did not wait for it', async () => {
  const wrapped = rig({ sessionOf: (_, extra) => (extra as { session?: string } | undefined)?.session });
  const { inner, transport } = wrapped;
  inner.deliver(request(1), { session: 'a' });
  inner.deliver(request(2), { session: 'b' });
  for (const session of ['a', 'b']) inner.deliver(request('both'), { session });
  const slow = slowFor(wrapped, 1);
  const sent = [
    transport.send(log('of 1'), { relatedRequestId: 1 }),
    transport.send(log('of 2'), { relatedRequestId: 2 }),
    transport.send(answer(1)),
  ];
  expect(written(wrapped)).toEqual(['of 1', 'of 2']);
  slow.resolve();
  await Promise.all(sent);

  // Which of two is meant, nobody knows: it may be the same each time.
  const slower = slowFor(wrapped, 'both');
  const more = ['first', 'second'].map(async (data) => transport.send(log(data), { relatedRequestId: 'both' }));
  expect(written(wrapped).slice(3)).toEqual(['first']);
  slower.resolve();
  await Promise.all(more);
});

test('the answer to a cancelled request overtook what was being written on its stream, unless that was a question', async () => {
  const wrapped = rig();
  const { inner, transport } = wrapped;
  inner.deliver(request(0));
  const slow = slowFor(wrapped, 0);
  const first = transport.send(log('of 0'), { relatedRequestId: 0 });
  inner.deliver(cancelled(0));
  const late = transport.send(answer(0));
  expect(written(wrapped)).toEqual(['of 0']);
  slow.resolve();
  await Promise.all([first, late]);
  expect(written(wrapped)).toEqual(['of 0', 0]);
});

test('what named a request of the 2026 revision that was cancelled lost its place on the stream', async () => {
  const wrapped = rig();
  const { inner, transport } = wrapped;
  inner.deliver(request(1, 'tools/call', MODERN));
  const slow = slowFor(wrapped, 1);
  const first = transport.send(log('before'), { relatedRequestId: 1 });
  inner.deliver(cancelled(1));
  const second = transport.send(log('after'), { relatedRequestId: 1 });
  expect(written(wrapped)).toEqual(['before']);
  slow.resolve();
  await Promise.all([first, second]);
  expect(written(wrapped)).toEqual(['before', 'after']);
});

test('each request tried everything once more that waited for the standalone stream', async () => {
  const asked: string[] = [];
  const scopeOf = (method: string): undefined => void asked.push(method);
  const { inner, transport, post, get } = watchedRig({ scopeOf, sessionWide: 'standalone-only' });
  const news = 'notifications/resources/updated';
  for (const uri of ['a', 'b']) await transport.send(notification(news, { uri }));
  asked.length = 0;
  post(request(1));
  expect(asked).toEqual([]);

  // In JSON nothing but its answer can be written for a request: what waits for any stream waits on.
  inner.json = true;
  post(request(2));
  await transport.send(answer(1));
  const question = transport.send(elicit('q'));
  asked.length = 0;
  post(request(3));
  expect(asked).toEqual([]);
  get();
  await question;
  expect(asked).toEqual([news, news, 'elicitation/create']);
});

test('who subscribed while a pipe was written heard that the message had waited since the process began', async () => {
  const inner = new NullTransport();
  const transport = withBackchannel(inner);
  const slow = deferred();
  inner.write = async () => slow.promise;
  const before = transport.send(elicit('before'));
  const told: unknown[] = [];
  transport.backchannel.routes$.subscribe(({ id }) => told.push(id));
  const after = transport.send(elicit('after'));
  slow.resolve();
  await Promise.all([before, after]);
  // Of a message that was sent when nobody watched, nobody knows the time.
  expect(told).toEqual(['after']);
});
