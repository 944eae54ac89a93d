/** Bugs that a search through sequences of events has found, each named after its cause. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { now } from '../../src/clock.js';
import { OrderedStream } from '../../src/streams/ordered-stream.js';
import { WriteOrder } from '../../src/interceptor/write-order.js';
import { deferred } from '../support/deferred.js';
import { FakeResponse, nodeRequest, SSE } from '../support/http-fakes.js';
import { answer, cancelled, elicit, notification, request } from '../support/messages.js';
import { rig } from '../support/rig.js';
import { closeRigs, watchedRig } from '../support/watched-rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await closeRigs();
  vi.useRealTimers();
});

interface Handles {
  handleRequest(...args: unknown[]): unknown;
}

/** Names the session of what carries its name. */
const sessionOf = (_: unknown, extra: unknown): string | undefined =>
  (extra as { readonly session?: string } | undefined)?.session;

/** The standalone stream has gone while a message was being written there, and a question waited behind it. */
async function afterTheStandaloneStream(): Promise<ReturnType<typeof watchedRig> & { question: Promise<void> }> {
  const rig = watchedRig();
  const { inner, transport } = rig;
  const stream = rig.get();
  await vi.advanceTimersByTimeAsync(0);
  const slow = deferred();
  inner.write = async () => slow.promise;
  const first = transport.send(notification('notifications/message'));
  const question = transport.send(elicit('q'));
  stream.disconnect();
  slow.resolve();
  await first;
  await vi.advanceTimersByTimeAsync(0);
  return { ...rig, question };
}

test('what waited for its turn on the standalone stream was written there after that stream had gone', async () => {
  const { inner, post, question } = await afterTheStandaloneStream();
  expect(inner.sent.map(({ message }) => message.id)).toEqual([undefined]);

  post(request(1));
  await question;
  expect(inner.relatedIdOf('q')).toBe(1);
});

test('a question that looked for another stream kept its place on the first, and waited there for itself', async () => {
  const { inner, get, question } = await afterTheStandaloneStream();

  get();
  await question;
  expect(inner.sent.map(({ message }) => message.id)).toEqual([undefined, 'q']);
  await vi.advanceTimersByTimeAsync(0);
});

test.each(['taken back', "answered in the client's place"])(
  'a question that was %s while it waited for its turn was sent once more when its stream went',
  async (what) => {
    const { inner, transport, post, received } = watchedRig({ orphanTimeoutMs: 100 });
    const connection = post(request(1));
    const slow = deferred();
    inner.write = async () => slow.promise;
    void transport.send(notification('notifications/message'), { relatedRequestId: 1 });
    const question = transport.send(elicit('q'), { relatedRequestId: 1 });
    if (what === 'taken back') void transport.send(cancelled('q'));
    connection.disconnect();
    await vi.advanceTimersByTimeAsync(100);
    const answers = received.filter(({ message }) => message.id === 'q');
    expect(answers).toHaveLength(what === 'taken back' ? 0 : 1);

    post(request(2));
    slow.resolve();
    await expect(question).rejects.toMatchObject({ code: 'CANCELLED' });
    await vi.advanceTimersByTimeAsync(0);
    expect(inner.sent.map(({ message }) => message.id)).not.toContain('q');
  },
);

test('answers of an earlier life were remembered, and the first answer of the next life was dropped as late', async () => {
  const { inner, transport, post, received } = watchedRig({ orphanTimeoutMs: 100 });
  const connection = post(request(1));
  await transport.send(elicit(0));
  connection.disconnect();
  await vi.advanceTimersByTimeAsync(100);
  await transport.close();

  await transport.start();
  post(request(1));
  await transport.send(elicit(0));
  received.length = 0;
  inner.deliver(answer(0));
  expect(received.map(({ message }) => message)).toEqual([answer(0)]);
});

test('the answer for a handler that threw named no session, and its request stayed in the ledger for ever', () => {
  const { inner, transport } = rig({ sessionOf });
  // The same id in flight twice: the id alone does not tell which is meant.
  inner.deliver(request(1), { session: 'a' });
  transport.onmessage = () => {
    throw new Error('a handler that throws');
  };
  inner.deliver(request(1), { session: 'b' });
  expect(transport.backchannel.snapshot().inFlight).toMatchObject([{ session: 'a', id: 1 }]);
});

test('an orphaned question of one session among several stayed open, and was answered over and over', async () => {
  const { inner, transport, received } = rig({ sessionOf, orphanTimeoutMs: 100 });
  const response = new FakeResponse();
  void (transport as Handles).handleRequest(nodeRequest('POST'), response);
  inner.deliver(request(1), { session: 'a' });
  await transport.send(elicit('q'), { session: 'a' });
  response.disconnect();
  received.length = 0;
  await vi.advanceTimersByTimeAsync(100);
  expect(received).toHaveLength(1);
  expect(transport.backchannel.snapshot().openExchanges).toBe(0);
  await transport.close();
});

test('an answer was dropped as late because another session had left a question of the same id', async () => {
  const { inner, transport, received } = rig({ sessionOf, orphanTimeoutMs: 100 });
  const response = new FakeResponse();
  void (transport as Handles).handleRequest(nodeRequest('POST'), response);
  inner.deliver(request(1), { session: 'a' });
  await transport.send(elicit(0), { session: 'a' });
  response.disconnect();
  await vi.advanceTimersByTimeAsync(100);

  inner.deliver(request(1), { session: 'b' });
  await transport.send(elicit(0), { session: 'b' });
  received.length = 0;
  inner.deliver(answer(0), { session: 'b' });
  expect(received.map(({ message }) => message)).toEqual([answer(0)]);
  await transport.close();
});

test('a question that was stored took the question of the same id of another session with it', async () => {
  const { inner, transport, received } = rig({ sessionOf, orphanTimeoutMs: 100 });
  inner.handleRequest = (...args: unknown[]) => {
    const [{ method }, response] = args as [{ method: string }, FakeResponse];
    if (method === 'POST') inner.deliver(request(1), { session: 'a' });
    response.writeHead(200, SSE);
    response.write('id: e1\ndata: \n\n');
    return Promise.resolve();
  };
  const handle = (method: string): FakeResponse => {
    const response = new FakeResponse();
    void (transport as Handles).handleRequest(nodeRequest(method), response);
    return response;
  };
  handle('GET');
  handle('POST').disconnect();
  await transport.send(elicit(0), { session: 'a', relatedRequestId: 1 });
  await transport.send(elicit(0), { session: 'b' });
  received.length = 0;
  await vi.advanceTimersByTimeAsync(100);
  expect(received).toHaveLength(1);
  await transport.close();
});

test('a context led to the ledger that its session had before the last was dropped, and named that session for ever', async () => {
  const { inner, transport, onBehalfOf } = rig({ sessionOf });
  inner.deliver(request('first'), { session: 'a' });
  await transport.send(answer('first'), { session: 'a' });
  inner.deliver(request('second'), { session: 'a' });
  await onBehalfOf('first', () => transport.send(elicit('q')));
  expect(inner.optionsOf('q')).toBeUndefined();
});

test('a write that stalled while another was begun was given up in the time of that other', async () => {
  const order = new WriteOrder(1_000, () => new Error('stalled'));
  const never = async (): Promise<void> => new Promise(() => undefined);
  const givenUp: string[] = [];
  const write = (stream: OrderedStream, name: string): void => {
    order.write(stream, now(), { perform: never }).catch(() => givenUp.push(name));
  };
  const stream = new OrderedStream();
  write(stream, 'first');
  write(stream, 'its next');
  await vi.advanceTimersByTimeAsync(500);
  write(new OrderedStream(), 'another');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(givenUp).toEqual(['first', 'another']);
  order.close(new Error('closed'));
});

test('a question on a stream that the client had resumed was taken for one that nobody reads', async () => {
  const { transport, post, received } = watchedRig({ orphanTimeoutMs: 100 });
  const connection = post(request(1));
  connection.write('id: e1\ndata: \n\n');
  connection.disconnect();
  const resumed = new FakeResponse();
  void transport.handleRequest(nodeRequest('GET', { 'last-event-id': 'e1' }), resumed);
  await vi.advanceTimersByTimeAsync(0);
  await transport.send(elicit('q'));
  received.length = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(received).toEqual([]);

  // It is, when that stream goes as well.
  resumed.disconnect();
  await vi.advanceTimersByTimeAsync(100);
  expect(received).toHaveLength(1);
});
