/** Bugs in how questions are answered in the place of a client that is gone, each named after its cause. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeResponse, nodeRequest } from '../support/http-fakes.js';
import { answer, cancelled, elicit, request } from '../support/messages.js';
import { closeRigs, watchedRig, type WatchedRig } from '../support/watched-rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await closeRigs();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const ORPHANED = { id: 'q', error: { data: { code: 'ORPHANED' } } };

/** What the proxy was told in answer to its questions. */
function answers({ received }: WatchedRig): unknown[] {
  return received.map(({ message }) => message).filter(({ method }) => method === undefined);
}

/** A call whose client has left its stream, which has an event of this id. */
function leave(rig: WatchedRig, call: number, eventId: string): void {
  const connection = rig.post(request(call));
  connection.write(`id: ${eventId}\ndata: \n\n`);
  connection.disconnect();
}

/** The client comes back for what followed this event: what was stored comes at once, what is said now later. */
async function resume(
  { transport }: WatchedRig,
  lastEventId: string,
  stored: string[] = [],
  said: string[] = [],
): Promise<FakeResponse> {
  const write = (id: string): unknown => response.write(`event: message\nid: ${id}\ndata: {}\n\n`);
  const response = new FakeResponse();
  void transport.handleRequest(nodeRequest('GET', { 'last-event-id': lastEventId }), response);
  stored.forEach(write);
  await vi.advanceTimersByTimeAsync(0);
  said.forEach(write);
  return response;
}

/** A client with a standalone stream, which has left call 1. */
function away(): WatchedRig {
  const rig = watchedRig({ orphanTimeoutMs: 100 });
  rig.get();
  leave(rig, 1, 'e1');
  return rig;
}

test('the answer to a question was dropped, because one with its id had been answered in the place of the client', async () => {
  const rig = watchedRig({ orphanTimeoutMs: 100 });
  const first = rig.post(request(1));
  await rig.transport.send(elicit('q'));
  first.disconnect();
  await vi.advanceTimersByTimeAsync(100);
  rig.post(request(2));
  await rig.transport.send(elicit('q'));
  rig.inner.deliver(answer('q'));
  expect(answers(rig)).toMatchObject([ORPHANED, answer('q')]);
  expect(rig.transport.backchannel.snapshot().openExchanges).toBe(0);

  // That of the first may still come.
  rig.inner.deliver(answer('q', 'late'));
  expect(answers(rig)).toHaveLength(2);
  expect(rig.errors).toMatchObject([{ code: 'ORPHANED' }]);
});

test.each([
  [
    'answered',
    async ({ inner }: WatchedRig) => {
      inner.deliver(answer('q'));
      return Promise.resolve();
    },
  ],
  ['taken back', async ({ transport }: WatchedRig) => transport.send(cancelled('q'))],
])('the time of a stored question that was %s ended another of the same id', async (_how, ends) => {
  const rig = away();
  await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
  await ends(rig);
  const before = answers(rig);
  rig.post(request(2));
  await rig.transport.send(elicit('q'), { relatedRequestId: 2 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(answers(rig)).toEqual(before);
  expect(rig.transport.backchannel.snapshot().openExchanges).toBe(1);
});

test('a stored question that was answered while it was written gave its time to the next of the same id', async () => {
  const rig = away();
  rig.post(request(2));
  rig.inner.write = async () => {
    rig.inner.write = async () => Promise.resolve();
    rig.inner.deliver(answer('q'));
    return rig.transport.send(elicit('q'), { relatedRequestId: 2 });
  };
  await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(answers(rig)).toEqual([answer('q')]);
});

describe('a question that was stored for a call waited for ever', () => {
  test.each(['e3', 'e4'])('while the client held the stream of another, resumed twice, after %s', async (last) => {
    const rig = away();
    leave(rig, 2, 'e2');
    (await resume(rig, 'e2', ['e3'], ['e4'])).disconnect();
    await resume(rig, last);
    await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
    await vi.advanceTimersByTimeAsync(100);
    expect(answers(rig)).toMatchObject([ORPHANED]);
  });

  test('when the client resumed another', async () => {
    const rig = away();
    leave(rig, 2, 'e2');
    await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
    await resume(rig, 'e2');
    await vi.advanceTimersByTimeAsync(100);
    expect(answers(rig)).toMatchObject([ORPHANED]);
  });
});

describe('a stored question is not answered in the place of a client', () => {
  test.each([
    ['had come back for it before', true],
    ['comes back for it', false],
  ])('that %s, also from where it left the second time', async (_when, before) => {
    const rig = away();
    (await resume(rig, 'e1', ['e2'], ['e3'])).disconnect();
    if (before) await resume(rig, 'e3');
    await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
    if (!before) await resume(rig, 'e3');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(answers(rig)).toEqual([]);
  });

  test('that reads a stream of which nothing is remembered: it may be that of the question', async () => {
    const rig = away();
    (await resume(rig, 'long ago', ['e9'])).disconnect();
    await resume(rig, 'e9');
    await rig.transport.send(elicit('q'), { relatedRequestId: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(answers(rig)).toEqual([]);
  });
});

describe('while questions are answered in the place of a client, what the first leads to', () => {
  const gone = async (first: (rig: WatchedRig) => void): Promise<WatchedRig> => {
    const rig = watchedRig({ orphanTimeoutMs: 100 });
    const call = rig.post(request(1));
    await rig.transport.send(elicit('q'));
    await rig.transport.send(elicit('r'));
    call.disconnect();
    const { onmessage } = rig.transport;
    rig.transport.onmessage = (message, extra) => {
      onmessage?.(message, extra);
      first(rig);
    };
    await vi.advanceTimersByTimeAsync(100);
    return rig;
  };

  test('close(): the others were answered all the same, and in the next life their answers were dropped', async () => {
    const rig = await gone(({ transport }) => {
      void transport.close();
      void transport.start();
    });
    expect(answers(rig)).toMatchObject([{ id: 'q' }]);
    rig.transport.onmessage = (message, extra) => rig.received.push({ message, extra });
    rig.inner.deliver(answer('r'));
    expect(answers(rig)).toMatchObject([{ id: 'q' }, { id: 'r', result: {} }]);
    expect(rig.errors).toEqual([]);
  });

  test('a cancellation: the question that was taken back was answered all the same', async () => {
    const rig = await gone(({ transport }) => void transport.send(cancelled('r')));
    expect(answers(rig)).toMatchObject([{ id: 'q' }]);
  });
});
