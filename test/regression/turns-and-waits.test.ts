/** Bugs of messages that wait for a stream and then for their turn on it, or the other way round, each named after its cause. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deferred } from '../support/deferred.js';
import { elicit, notification, request } from '../support/messages.js';
import { sent, settle } from '../support/parked.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await closeRigs();
  vi.useRealTimers();
});

const LOG = notification('notifications/message');

test('a question that waited behind a slow store while its client left had nobody to end it', async () => {
  const { inner, transport, post, get, received } = watchedRig({ orphanTimeoutMs: 100 });
  get();
  const connection = post(request(1));
  connection.write('id: e1\ndata: \n\n');
  const slow = deferred();
  inner.write = async ({ message }) => (message === LOG ? slow.promise : undefined);
  void transport.send(LOG, { relatedRequestId: 1 });
  const question = transport.send(elicit('q'), { relatedRequestId: 1 });
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(1_000);
  received.length = 0;
  slow.resolve();
  await question;
  await vi.advanceTimersByTimeAsync(99);
  expect(received).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(received).toMatchObject([{ message: { id: 'q', error: { data: { code: 'ORPHANED' } } } }]);
});

test('a question whose stream went while it waited for its turn began to wait anew', async () => {
  const rig = watchedRig({ parkTimeoutMs: 100 });
  const slow = deferred();
  rig.inner.write = async () => slow.promise;
  void rig.transport.send(LOG);
  const question = sent(rig, elicit('q'));
  await vi.advanceTimersByTimeAsync(60);
  const stream = rig.get();
  await settle();
  stream.disconnect();
  slow.resolve();
  await vi.advanceTimersByTimeAsync(39);
  expect(question.outcome).toBe('pending');
  expect(rig.transport.backchannel.snapshot().parked).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(question.outcome).toBe('rejected PARK_TIMEOUT');
});

test('a notification whose time ran out after its stream had gone is reported, and harms no sender', async () => {
  const rig = watchedRig({ parkTimeoutMs: 100 });
  const slow = deferred();
  rig.inner.write = async () => slow.promise;
  void rig.transport.send(LOG);
  const news = sent(rig, notification('notifications/message', { data: 'second' }));
  await vi.advanceTimersByTimeAsync(60);
  const stream = rig.get();
  await settle();
  stream.disconnect();
  slow.resolve();
  await vi.advanceTimersByTimeAsync(40);
  expect(news.outcome).toBe('resolved');
  expect(rig.errors).toMatchObject([{ code: 'PARK_TIMEOUT' }]);
  expect(rig.transport.backchannel.snapshot().parked).toBe(0);
});

test('news that was late, and whose stream went while it waited for its turn, had to become late once more', async () => {
  const rig = watchedRig({ parkTimeoutMs: 100 });
  const slow = deferred();
  rig.inner.write = async ({ message }) => (message === LOG ? slow.promise : undefined);
  const first = rig.get();
  await settle();
  void rig.transport.send(LOG);
  first.disconnect();
  void rig.transport.send(notification('notifications/tools/list_changed'));
  await vi.advanceTimersByTimeAsync(150);
  const second = rig.get();
  await settle();
  second.disconnect();
  rig.post(request(7));
  slow.resolve();
  await settle();
  expect(rig.inner.relatedIdOf('notifications/tools/list_changed')).toBe(7);
});

test('a question that was answered in the place of its client while it waited for its turn was written all the same', async () => {
  const rig = watchedRig({ orphanTimeoutMs: 100 });
  const connection = rig.post(request(1));
  connection.write('id: e1\ndata: \n\n');
  const slow = deferred();
  rig.inner.write = async ({ message }) => (message === LOG ? slow.promise : undefined);
  void rig.transport.send(LOG, { relatedRequestId: 1 });
  const question = sent(rig, elicit('q'), { relatedRequestId: 1 });
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(100);
  expect(rig.received).toMatchObject([{}, { message: { id: 'q', error: { data: { code: 'ORPHANED' } } } }]);
  slow.resolve();
  await settle();
  expect(question.outcome).toBe('rejected CANCELLED');
  expect(rig.inner.sent.map(({ message }) => message)).toEqual([LOG]);
});

test('a question whose stream went while it waited for its turn was overtaken by one that was sent later', async () => {
  const rig = watchedRig();
  const slow = deferred();
  rig.inner.write = async ({ message }) => (message === LOG ? slow.promise : undefined);
  const first = rig.get();
  await settle();
  void rig.transport.send(LOG);
  const earlier = sent(rig, elicit('earlier'));
  first.disconnect();
  const later = sent(rig, elicit('later'));
  slow.resolve();
  await settle();
  rig.get();
  await settle();
  expect([earlier.outcome, later.outcome]).toEqual(['resolved', 'resolved']);
  expect(rig.inner.sent.map(({ message }) => message.id)).toEqual([undefined, 'earlier', 'later']);
});
