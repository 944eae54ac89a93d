/** Bugs in how a transport's sessions and lives begin and end, each named after its cause. */
import { AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RequestId } from '../../src/routing/message.js';
import { Ledgers } from '../../src/routing/ledgers.js';
import { deferred } from '../support/deferred.js';
import { answer, cancelled, elicit, MODERN, notification, request } from '../support/messages.js';
import { NullHttpTransport, NullTransport } from '../support/null-transport.js';
import { rig, rigOf, type Rig } from '../support/rig.js';
import { watchedRig } from '../support/watched-rig.js';

const SEVERAL = {
  sessionOf: (_message: unknown, extra: unknown) => (extra as { session?: string } | undefined)?.session,
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A client's call that is answered at once: nothing is left of it. */
async function call({ inner, transport }: Rig<NullTransport>, session: string, params = {}): Promise<void> {
  inner.deliver(request('call', 'tools/call', params), { session });
  await transport.send(answer('call'), { session });
}

/** What becomes of a question that names a call which was answered: its evidence, or the code of its refusal. */
async function askLate({ transport, routes }: Rig<NullTransport>, session: string): Promise<unknown> {
  await transport.send(elicit('late'), { session, relatedRequestId: 'call' }).catch(() => undefined);
  const { evidence, error } = routes.at(-1) ?? {};
  await transport.send(cancelled('late'), { session });
  return evidence ?? (error as { code?: unknown } | undefined)?.code;
}

test('the era of the session that was dropped last was given to the next, whatever its name', async () => {
  const several = rig(SEVERAL);
  await call(several, 'b');
  await call(several, 'a', MODERN);
  expect(await askLate(several, 'b')).toBe('NOT_IN_FLIGHT');
  expect(await askLate(several, 'a')).toBe('not-inferred');
  expect(await askLate(several, 'b')).toBe('NOT_IN_FLIGHT');
  expect(await askLate(several, 'a')).toBe('not-inferred');
  await call(several, 'a');
  expect(await askLate(several, 'a')).toBe('NOT_IN_FLIGHT');
});

test('an answer on behalf of a connection that is over dropped the session of the same name in the next', async () => {
  const { inner, transport, onBehalfOf } = rig(SEVERAL);
  inner.deliver(request(1), { session: 'a' });
  await transport.close();
  await transport.start();
  inner.deliver(request(2), { session: 'a' });
  await onBehalfOf(1, async () => transport.send(answer(1)));
  expect(transport.backchannel.snapshot().inFlight).toMatchObject([{ session: 'a', id: 2 }]);
  await transport.send(elicit('q'), { session: 'a' });
  expect(inner.relatedIdOf('q')).toBe(2);
});

test('an answer read by a reader that was created in an earlier life never left the ledger', async () => {
  const { inner, transport, onBehalfOf } = rig();
  inner.deliver(request(1));
  const read = onBehalfOf(1, () => AsyncResource.bind(async (message: object) => transport.send(message)));
  await transport.close();
  await transport.start();
  inner.deliver(request(2));
  await read(answer(2));
  expect(transport.backchannel.snapshot().inFlight).toEqual([]);
});

test('so did one whose id the request of that life had borne, which was answered in time', async () => {
  const { inner, transport, onBehalfOf } = rig();
  inner.deliver(request(1));
  const read = onBehalfOf(1, () => AsyncResource.bind(async (message: object) => transport.send(message)));
  await read(answer(1));
  await transport.close();
  await transport.start();
  inner.deliver(request(1));
  await read(answer(1));
  expect(transport.backchannel.snapshot().inFlight).toEqual([]);
});

test.each([
  [
    'said something',
    async ({ transport }: Rig<NullTransport>) => transport.send(notification('any'), { session: 'a' }),
  ],
  [
    'asked in vain',
    async ({ inner, transport }: Rig<NullTransport>) => {
      inner.write = async () => Promise.reject(new Error('the stream died'));
      await expect(transport.send(elicit('q'), { session: 'a' })).rejects.toThrow('the stream died');
    },
  ],
  [
    'took its question back',
    async ({ transport }: Rig<NullTransport>) => {
      await transport.send(elicit('q'), { session: 'a' });
      await transport.send(cancelled('q'), { session: 'a' });
    },
  ],
])('a session in which nothing was in flight, and which %s, was kept for ever', async (_what, says) => {
  const named = vi.spyOn(Ledgers.prototype, 'named');
  const several = rig(SEVERAL);
  await says(several);
  const [{ value: before } = { value: undefined }] = named.mock.results;
  const sessions = named.mock.contexts[0] as Ledgers;
  expect(before).toBeDefined();
  expect(sessions.named('a')).not.toBe(before);
});

test('a start() in onclose was undone by the close() that was under way', async () => {
  const { inner, transport } = rigOf(new NullHttpTransport());
  const closes = vi.spyOn(inner, 'close');
  let closed = 0;
  await transport.start();
  transport.onclose = () => {
    closed += 1;
    if (closed === 1) void transport.start();
  };
  await transport.close();
  await transport.send(elicit('first'));
  inner.deliver(request(1));
  await transport.send(elicit('q'));
  expect(inner.relatedIdOf('q')).toBe(1);
  await transport.close();
  expect([closed, closes.mock.calls.length]).toEqual([2, 2]);
  expect(transport.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
});

test('a close() that failed closed the life that had begun meanwhile', async () => {
  const stuck = deferred();
  const { inner, transport } = rig();
  transport.onclose = () => void transport.start();
  inner.close = async () => {
    inner.onclose?.();
    return stuck.promise;
  };
  const closing = transport.close();
  inner.deliver(request(1));
  stuck.reject(new Error('stuck'));
  await expect(closing).rejects.toThrow('stuck');
  expect(transport.backchannel.snapshot().inFlight).toMatchObject([{ id: 1 }]);
});

test('what a transport still delivers while it closes begins no life that is left open', async () => {
  const ended = deferred();
  const { inner, transport } = rig();
  inner.close = async () => {
    inner.onclose?.();
    return ended.promise;
  };
  const closing = transport.close();
  inner.deliver(request(1));
  ended.resolve();
  await closing;
  expect(transport.backchannel.snapshot().inFlight).toEqual([]);
  await expect(transport.send(elicit('q'))).rejects.toMatchObject({ code: 'CLOSED' });
});

test('the answer in the place of a client that is gone was shown to sessionOf, which could not read it', async () => {
  const several = watchedRig({
    orphanTimeoutMs: 100,
    sessionOf: ({ params }) => (params as { session: string }).session,
  });
  const of = (id: RequestId): { session: string } => ({ session: `of ${id}` });
  const post = several.post(request(1, 'tools/call', of(1)));
  await several.transport.send(elicit('q', of(1)));
  post.disconnect();
  await vi.advanceTimersByTimeAsync(150);
  expect(several.received.at(-1)?.message).toMatchObject({ id: 'q', error: { data: { code: 'ORPHANED' } } });
  expect(several.errors).toEqual([]);
  await several.transport.close();
});

test('a handler that throws at the answer in the place of a client that is gone is reported', async () => {
  const gone = watchedRig({ orphanTimeoutMs: 100 });
  const post = gone.post(request(1));
  for (const id of ['q', 'r']) await gone.transport.send(elicit(id));
  post.disconnect();
  gone.transport.onmessage = () => {
    throw new Error('mine');
  };
  await vi.advanceTimersByTimeAsync(150);
  expect(gone.errors).toMatchObject([{ code: 'CALLBACK_FAILED' }, { code: 'CALLBACK_FAILED' }]);
  expect(gone.transport.backchannel.snapshot().openExchanges).toBe(0);
  await gone.transport.close();
});

test.each([
  ['close() is called', async ({ transport }: Rig<NullTransport>) => transport.close()],
  [
    'the transport ends',
    async ({ inner }: Rig<NullTransport>) => {
      inner.onclose?.();
      return Promise.resolve();
    },
  ],
])('an onclose that throws when %s was thrown at the transport, and reported to nobody', async (_when, end) => {
  const closing = rigOf(new NullTransport());
  closing.transport.onclose = () => {
    throw new Error('mine');
  };
  await end(closing);
  expect(closing.errors).toMatchObject([{ code: 'CALLBACK_FAILED', message: /^onclose threw: mine/ }]);
});

/** A transport that has closed before it says so: `ends` says so. */
function lateRig(): Rig<NullTransport> & { ends: () => void; told: () => number } {
  const late = rigOf(new NullTransport());
  late.inner.close = async () => Promise.resolve();
  let told = 0;
  late.transport.onclose = () => (told += 1);
  return { ...late, ends: () => late.inner.onclose?.(), told: () => told };
}

test('an onclose that came after close() had resolved was told to nobody', async () => {
  const { transport, ends, told } = lateRig();
  await transport.close();
  ends();
  ends();
  await transport.close();
  ends();
  expect(told()).toBe(1);
});

test('an onclose that came after close() had failed was told to nobody', async () => {
  const { inner, transport, ends, told } = lateRig();
  inner.close = async () => Promise.reject(new Error('stuck'));
  await expect(transport.close()).rejects.toThrow('stuck');
  inner.close = async () => {
    ends();
    return Promise.resolve();
  };
  await transport.close();
  ends();
  expect(told()).toBe(1);
});

test('a close() of what has ended already, and said so, makes nobody hear of it twice', async () => {
  const { inner, transport, ends, told } = lateRig();
  inner.close = async () => {
    ends();
    return Promise.resolve();
  };
  ends();
  await transport.close();
  expect(told()).toBe(1);
});
