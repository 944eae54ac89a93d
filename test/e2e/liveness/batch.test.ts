/** Two calls in one POST, as revision 2025-03-26 allows: they share a stream, which is alive until both are answered. */
import { describe, expect, test } from 'vitest';
import { lives } from '../../support/lives.js';
import type { Live, LiveOptions, Running } from '../../support/live.js';
import { ACCEPT } from '../../support/accept.js';

const open = lives();
const OPTIONS: LiveOptions = {
  backchannel: { parkTimeoutMs: 20 },
  client: {
    protocolVersion: '2025-03-26',
    answers: ACCEPT,
  },
};

const calls = ['a', 'b'].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'work' } }));

async function startBatch(live: Live): Promise<{ a: Running; b: Running; batch: ReturnType<Live['client']['post']> }> {
  const batch = live.client.post(calls);
  return { a: await live.running('a'), b: await live.running('b'), batch };
}

const isAnswer =
  (id: string) =>
  ({ message }: { message: { id?: unknown; method?: unknown } }) =>
    message.id === id && message.method === undefined;

describe('a batch of two calls', () => {
  test('delivers the questions of both on their POST, also when one is answered', async () => {
    const live = await open(OPTIONS);
    const { a, b, batch } = await startBatch(live);
    await a.onBehalf(() => live.ask('from a'));
    await b.onBehalf(() => live.ask('from b'));
    const answered = live.client.next(isAnswer('a'));
    a.finish();
    await answered;
    await b.onBehalf(() => live.ask('from b, alone'));
    await a.onBehalf(() => live.ask('from a, which is over'));
    b.finish();
    await (
      await batch
    ).ended;

    const on = { stream: 'POST a,b' };
    expect(live.questions).toEqual([
      { message: 'from a', ...on },
      { message: 'from b', ...on },
      { message: 'from b, alone', ...on },
      { message: 'from a, which is over', ...on },
    ]);
    expect(
      live.routes.map(({ relatedRequestId, evidence }) => `${String(relatedRequestId)} by ${String(evidence)}`),
    ).toEqual(['a by context', 'b by context', 'b by context', 'b by sole']);
    expect(live.client.arrivals.filter(isAnswer('b'))).toHaveLength(1);
  });

  test('whose POST is dropped has lost the stream of both: the questions go to no other call', async () => {
    const live = await open(OPTIONS);
    const { a, b, batch } = await startBatch(live);
    (await batch).drop();
    await a.gone;
    await expect(a.onBehalf(() => live.ask('too late'))).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    await expect(b.onBehalf(() => live.ask('too late'))).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });

    await live.call('other');
    await expect(a.onBehalf(() => live.ask('from a'))).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    await expect(b.onBehalf(() => live.ask('from b'))).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
    expect(live.questions).toEqual([]);
  });

  test('bare: a question that names no call is lost, and one that names its call arrives', async () => {
    const live = await open({ ...OPTIONS, wrapped: false });
    const { a, b, batch } = await startBatch(live);
    void a.onBehalf(() => live.ask('from a'));
    void b.onBehalf(() => live.ask('from b'));
    const answered = live.client.next(isAnswer('a'));
    a.finish();
    await answered;
    await live.ask('from b, by name', { relatedRequestId: 'b' });
    b.finish();
    await (
      await batch
    ).ended;
    expect(live.questions).toEqual([{ message: 'from b, by name', stream: 'POST a,b' }]);
  });
});
