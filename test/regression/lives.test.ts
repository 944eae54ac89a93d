/** Bugs in how a transport's sessions and lives begin and end, each named after its cause. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sessions } from '../../src/routing/sessions.js';
import { answer, cancelled, elicit, MODERN, notification, request } from '../support/messages.js';
import type { NullTransport } from '../support/null-transport.js';
import { rig, type Rig } from '../support/rig.js';

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
  const named = vi.spyOn(Sessions.prototype, 'named');
  const several = rig(SEVERAL);
  await says(several);
  const [{ value: before } = { value: undefined }] = named.mock.results;
  const sessions = named.mock.contexts[0] as Sessions;
  expect(before).toBeDefined();
  expect(sessions.named('a')).not.toBe(before);
});
