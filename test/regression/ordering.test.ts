/** Bugs of messages that wait for their turn on a stream, or are being written, each named after its cause. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deferred } from '../support/deferred.js';
import { elicit, notification, request } from '../support/messages.js';
import { rig } from '../support/rig.js';
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
