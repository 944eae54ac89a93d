/** A question was delivered, and the client is gone: it is answered in the client's place. */
import { expect, test, vi } from 'vitest';
import { answer, elicit, request } from '../support/messages.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill(closeRigs);

test('after orphanTimeoutMs its sender gets an error answer, and routes$ tells where it had gone', async () => {
  const rig = watchedRig({ orphanTimeoutMs: 900 });
  const connection = rig.post(request(7));
  await rig.transport.send(elicit('q'));
  connection.disconnect();
  rig.received.length = 0;
  await vi.advanceTimersByTimeAsync(899);
  expect(rig.received).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(rig.received).toMatchObject([{ message: { id: 'q', error: { code: -32000, data: { code: 'ORPHANED' } } } }]);
  expect(rig.story()).toEqual(['q → 7: delivered', 'q → 7: orphaned ORPHANED']);
  expect(rig.transport.backchannel.snapshot().openExchanges).toBe(0);
});

test('a question that went on the standalone stream is told as such', async () => {
  const rig = watchedRig();
  const connection = rig.get();
  await Promise.resolve();
  await rig.transport.send(elicit('q'));
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(rig.story()).toEqual(['q → standalone: delivered', 'q → standalone: orphaned ORPHANED']);
});

test.each([
  ['a client that holds a stream', (rig: ReturnType<typeof watchedRig>) => void rig.get()],
  [
    'a client that has answered',
    (rig: ReturnType<typeof watchedRig>) => {
      rig.inner.deliver(answer('q'));
    },
  ],
])('%s is never cut off', async (_who, keepsInTouch) => {
  const rig = watchedRig();
  const connection = rig.post(request(7));
  await rig.transport.send(elicit('q'));
  keepsInTouch(rig);
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(rig.story()).toEqual(['q → 7: delivered']);
});

test('a question on a stream that the client does not come back for is answered too, and its error says why', async () => {
  const rig = watchedRig({ orphanTimeoutMs: 900 });
  rig.get();
  const connection = rig.post(request(7));
  connection.write('id: e1\ndata: \n\n');
  connection.disconnect();
  await rig.transport.send(elicit('q'), { relatedRequestId: 7 });
  rig.received.length = 0;
  await vi.advanceTimersByTimeAsync(900);
  const error = { code: -32000, data: { code: 'ORPHANED' } };
  expect(rig.received).toMatchObject([{ message: { id: 'q', error } }]);
  // It holds the standalone stream all the time.
  expect(rig.routes.at(-1)?.error?.message).toContain(
    'a stream that the client had left, and has not resumed for 900 ms',
  );
});

test('a late end of a connection starts no time after close()', async () => {
  const rig = watchedRig();
  const connection = rig.post(request(7));
  await rig.transport.send(elicit('q'));
  await rig.transport.close();
  connection.disconnect();
  expect(vi.getTimerCount()).toBe(0);
});

test('streams of a transport with several sessions are not known: nothing waits', async () => {
  const rig = watchedRig({ sessionOf: () => 'a' });
  await rig.transport.send(elicit('q'));
  expect(rig.story()).toEqual(['q → unchanged: delivered']);
  await rig.transport.close();
});
