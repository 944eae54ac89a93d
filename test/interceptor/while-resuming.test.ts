/** What is sent while the client is coming back to a stream, and the event store is read for it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BackchannelOptions } from '../../src/index.js';
import { FakeResponse, nodeRequest, SSE } from '../support/http-fakes.js';
import { answer, cancelled, elicit, notification, request } from '../support/messages.js';
import { closeRigs, watchedRig, type WatchedRig } from '../support/watched-rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await closeRigs();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const NEWS = notification('notifications/message');

interface Away extends WatchedRig {
  /** The client comes back, and the event store is read. @returns the connection, on which nothing is written yet */
  readonly comeBack: (lastEventId: string) => FakeResponse;
  /** What was written. */
  readonly written: () => unknown[];
}

/** The client has left the streams of calls 1 and 2 and the standalone stream, after the events `a`, `b` and `s`. */
async function away(options?: BackchannelOptions): Promise<Away> {
  const rig = watchedRig(options);
  // It stores news for the standalone stream: see `storesWhileAway`.
  Object.assign(rig.inner, { closeStandaloneSSEStream: () => undefined });
  const streams = [rig.post(request(1)), rig.post(request(2)), rig.get()];
  await vi.advanceTimersByTimeAsync(0);
  for (const [index, id] of ['a', 'b', 's'].entries()) streams[index]?.write(`id: ${id}\ndata: {}\n\n`);
  for (const stream of streams) stream.disconnect();
  return {
    ...rig,
    comeBack: (lastEventId) => {
      const response = new FakeResponse();
      vi.spyOn(rig.inner, 'handleRequest').mockResolvedValueOnce();
      void rig.transport.handleRequest(nodeRequest('GET', { 'last-event-id': lastEventId }), response);
      return response;
    },
    written: () => rig.inner.sent.map(({ message, options }) => message.id ?? options?.relatedRequestId ?? 'news'),
  };
}

/** Whatever can be said on each stream. */
function speak({ transport }: Away): void {
  void transport.send(NEWS, { relatedRequestId: 1 });
  void transport.send(NEWS, { relatedRequestId: 2 });
  void transport.send(notification('notifications/tools/list_changed'));
}

test.each([
  { what: 'the stream of a call', lastEventId: 'a', atOnce: [2, 'news'] },
  { what: 'the stream of another', lastEventId: 'b', atOnce: [1, 'news'] },
  { what: 'the standalone stream', lastEventId: 's', atOnce: [1, 2] },
  { what: 'one that nobody remembers', lastEventId: 'x', atOnce: [] },
])('on $what waits, and nothing else', async ({ lastEventId, atOnce }) => {
  const client = await away();
  const connection = client.comeBack(lastEventId);
  speak(client);
  await vi.advanceTimersByTimeAsync(0);
  expect(client.written()).toEqual(atOnce);
  connection.writeHead(200, SSE);
  await vi.advanceTimersByTimeAsync(0);
  expect(client.written()).toHaveLength(3);
});

test.each([
  ['is refused', (connection: FakeResponse) => connection.writeHead(400).end()],
  ['goes away again', (connection: FakeResponse) => connection.disconnect()],
])('is written when the client %s', async (_what, happens) => {
  const client = await away();
  const connection = client.comeBack('a');
  speak(client);
  happens(connection);
  await vi.advanceTimersByTimeAsync(0);
  expect(client.written()).toHaveLength(3);
});

test('waits no longer than an event store that works may take to be read', async () => {
  const client = await away();
  client.comeBack('a');
  const said = client.transport.send(NEWS, { relatedRequestId: 1 });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(client.written()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await said;
  expect(client.written()).toEqual([1]);
});

test('waits for each connection by which the client comes back', async () => {
  const client = await away();
  const [first, second] = [client.comeBack('a'), client.comeBack('a')];
  void client.transport.send(NEWS, { relatedRequestId: 1 });
  first.disconnect();
  await vi.advanceTimersByTimeAsync(0);
  expect(client.written()).toEqual([]);
  second.writeHead(200, SSE);
  await vi.advanceTimersByTimeAsync(0);
  expect(client.written()).toEqual([1]);
});

test('is over when the transport closes, and nothing of it is written in its next life', async () => {
  const client = await away();
  const connection = client.comeBack('a');
  const question = client.transport.send(elicit('q'), { relatedRequestId: 1 });
  const said = client.transport.send(NEWS, { relatedRequestId: 1 });
  await client.transport.close();
  await expect(question).rejects.toMatchObject({ code: 'CLOSED' });
  await said;
  expect(client.errors).toMatchObject([{ code: 'CLOSED' }]);
  await client.transport.start();
  connection.writeHead(200, SSE);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(client.written()).toEqual([]);
});

test('is not asked when its sender has taken it back meanwhile', async () => {
  const client = await away();
  const connection = client.comeBack('a');
  const question = client.transport.send(elicit('q'), { relatedRequestId: 1 });
  void client.transport.send(cancelled('q'), { relatedRequestId: 1 });
  connection.writeHead(200, SSE);
  await expect(question).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(client.written()).not.toContain('q');
});

test('is handed over in the end though the client comes back again and again, and what comes behind it too', async () => {
  const client = await away();
  const all = Promise.all([
    client.transport.send(NEWS, { relatedRequestId: 2 }),
    ...(client.comeBack('a'), [NEWS, answer(1)]).map(async (message) => {
      return client.transport.send(message, { relatedRequestId: 1 });
    }),
  ]);
  for (let at = 0; at < 20_000; at += 5_000) {
    client.comeBack('a');
    await vi.advanceTimersByTimeAsync(5_000);
  }
  await all;
  expect(client.written()).toEqual([2, 1, 1]);
  expect(client.errors).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
});

test.each([
  ['gets there', (connection: FakeResponse) => connection.writeHead(200, SSE), []],
  ['does not', (connection: FakeResponse) => connection.disconnect(), ['q']],
])('a question that was stored waits for a client that is coming back, which %s', async (_what, happens, orphaned) => {
  const client = await away({ orphanTimeoutMs: 100 });
  client.post(request(3));
  await client.transport.send(elicit('q'), { relatedRequestId: 1 });
  const connection = client.comeBack('a');
  await vi.advanceTimersByTimeAsync(5_000);
  const answered = (): unknown[] => client.received.flatMap(({ message: { id, error } }) => (error ? [id] : []));
  expect(answered()).toEqual([]);
  happens(connection);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(answered()).toEqual(orphaned);
});
