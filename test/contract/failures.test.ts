/** What callbacks, hooks and subscribers that throw may do to delivery: nothing, C10. */
import { afterEach, describe, expect, it } from 'vitest';
import { Rigs, SIDES, type Rig } from './rig/rig.js';

const FAILED = expect.objectContaining({ name: 'BackchannelError', code: 'CALLBACK_FAILED' }) as Error;

function fail(): never {
  throw new Error('mine');
}

/** A question and an answer get through. */
async function works(rig: Rig, id: string): Promise<void> {
  await rig.request(id);
  await rig.elicit(`q ${id}`, rig.side.wrapped ? undefined : { relatedRequestId: id });
  await rig.respond(id);
  await rig.answer(id);
  expect(rig.came.slice(-2)).toEqual([`q ${id}`, `=${id}`]);
}

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C10: an onmessage that throws at a request: it is answered with an error, and others go on', async () => {
    const rig = await rigs.open(side, { onmessage: ({ id }) => id === 'bad' && fail() });
    await rig.request('bad').catch(() => undefined);
    await works(rig, 'good');

    if (side.wrapped) {
      expect((await rig.answer('bad')).message.error).toEqual({ code: -32603, message: 'Internal error' });
      expect(rig.errors).toEqual([FAILED]);
    } else {
      expect(rig.came).toEqual(['q good', '=good']);
    }
  });

  it('C10: an onmessage that throws at a notification or an answer: others go on', async () => {
    const rig = await rigs.open(side, {
      onmessage: ({ id, method }) => (id === 'stray' || method === 'notifications/cancelled') && fail(),
    });
    await rig.post({ jsonrpc: '2.0', id: 'stray', result: {} }).catch(() => undefined);
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'nobody' } };
    await rig.post(cancelled).catch(() => undefined);
    await works(rig, 'good');
    if (side.wrapped) expect(rig.errors).toEqual([FAILED, FAILED]);
  });

  it('C10: an onerror that throws as well: others go on', async () => {
    const rig = await rigs.open(side, { onmessage: ({ id }) => id === 'bad' && fail() });
    rig.transport.onerror = fail;
    await rig.request('bad').catch(() => undefined);
    if (side.wrapped) {
      expect((await rig.answer('bad')).message.error).toEqual({ code: -32603, message: 'Internal error' });
      await rig.log('reported', { relatedRequestId: 'dead' });
      await works(rig, 'good');
    }
  });

  it('C10: an onclose that throws leaves the transport closed', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    rig.transport.onclose = fail;
    const [closing] = await Promise.allSettled([rig.transport.close()]);
    rig.transport.onclose = () => undefined;
    await rig.transport.close().catch(() => undefined);
    if (side.wrapped) {
      expect(closing.status).toBe('fulfilled');
      expect(rig.errors).toEqual([FAILED]);
      expect(rig.backchannel.snapshot()).toEqual({ inFlight: [], openExchanges: 0, parked: 0 });
    }
    expect(rig.closed).toBe(0);
  });
});

describe.each(SIDES.filter(({ wrapped }) => wrapped))('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C10: subscribers that throw are reported, and nothing is lost', async () => {
    const rig = await rigs.open(side);
    const seen: string[] = [];
    const { routes$, inbound$, outbound$ } = rig.backchannel;
    inbound$.subscribe(fail);
    outbound$.subscribe(fail);
    routes$.subscribe(fail);
    routes$.subscribe(({ method, outcome }) => seen.push(`${method} ${outcome}`));
    await works(rig, 'good');
    await works(rig, 'next');

    expect(seen).toEqual(['elicitation/create delivered', 'elicitation/create delivered']);
    const reasons = rig.errors.map(({ message }) => message.split(' threw')[0]);
    expect(rig.errors).toEqual(rig.errors.map(() => FAILED));
    for (const name of ['inbound$', 'outbound$', 'routes$']) {
      expect(reasons.filter((reason) => reason === `a subscriber of ${name}`).length).toBeGreaterThan(1);
    }
  });

  it('C10: hooks that throw are reported, and nothing is lost', async () => {
    const rig = await rigs.open(side, { backchannel: { scopeOf: fail } });
    await works(rig, 'good');
    expect(rig.errors).toEqual([FAILED]);
  });

  it('C10: a sessionOf that throws leaves messages as they came', async () => {
    const rig = await rigs.open(side, { backchannel: { sessionOf: fail } });
    await rig.request(1);
    await rig.elicit('q', { relatedRequestId: 1 });
    await rig.respond(1);
    await rig.answer(1);
    expect(rig.came).toEqual(['q', '=1']);
    expect(rig.sent[0]?.options).toEqual({ relatedRequestId: 1 });
    expect(rig.errors).toContainEqual(FAILED);
  });
});
