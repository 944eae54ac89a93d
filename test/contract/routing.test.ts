/** What may be changed in an outbound message, and what may not: C1, C2, C3. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Rigs, SIDES, elicitation, type Id } from './rig/rig.js';

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  const { hasStreams } = side.kind;
  afterEach(async () => rigs.close());

  it.each<[string, object]>([
    ['result', { result: { content: [] } }],
    ['error', { error: { code: -32000, message: 'no' } }],
  ])('C1: a %s leaves as the very object it came as, with its very options', async (_, body) => {
    const rig = await rigs.open(side);
    await rig.request(1);
    await rig.request(2);
    const message = Object.freeze({ jsonrpc: '2.0', id: 1, ...body });
    const options = Object.freeze({ relatedRequestId: 2, resumptionToken: 'token', other: Symbol('other') });

    await rig.send(message, options);

    expect(rig.sent).toHaveLength(1);
    expect(rig.sent[0]?.message).toBe(message);
    expect(rig.sent[0]?.options).toBe(options);
    const arrival = await rig.answer(1);
    expect(arrival.message).toEqual(message);
    expect(arrival.stream).toBe(hasStreams ? 'POST 1' : 'pipe');
  });

  it('C1: a response without options leaves without options, also to a request nobody made', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    const settled = await Promise.allSettled([rig.respond(1), rig.respond('nobody')]);
    expect(rig.sent.map(({ options }) => options)).toEqual([undefined, undefined]);
    // The SDK knows no stream for it and says so, through the wrapper too.
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', hasStreams ? 'rejected' : 'fulfilled']);
  });

  it('C1: an error without an id is passed on as it is', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    const message = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } };
    await rig.send(message).catch(() => undefined);
    expect(rig.sent).toHaveLength(1);
    expect(rig.sent[0]?.message).toBe(message);
    expect(rig.sent[0]?.options).toBeUndefined();
  });

  it('C2: a related id whose request was answered never leaves while another is in flight', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    await rig.respond(1);
    await rig.request(2);

    const [outcome] = await Promise.allSettled([rig.elicit('q', { relatedRequestId: 1 })]);

    if (side.wrapped) {
      expect(outcome.status).toBe('fulfilled');
      expect(rig.sent.at(-1)?.options).toEqual({ relatedRequestId: 2 });
      expect((await rig.arrival('q')).stream).toBe(hasStreams ? 'POST 2' : 'pipe');
    } else {
      expect(outcome.status).toBe(hasStreams ? 'rejected' : 'fulfilled');
    }
    expect(rig.sent.filter(({ dead }) => dead)).toHaveLength(side.wrapped ? 0 : 1);
  });

  it('C2: a related id never leaves in the same tick as, and after, the answer to its request', async () => {
    const rig = await rigs.open(side, { backchannel: { parkTimeoutMs: 20 } });
    await rig.request(0);
    const sends = [rig.respond(0), rig.elicit('q', { relatedRequestId: 0 }), rig.log('n', { relatedRequestId: 0 })];
    const outcomes = (await Promise.allSettled(sends)).map(({ status }) => status);

    expect(rig.sent.filter(({ dead }) => dead)).toHaveLength(side.wrapped ? 0 : 2);
    if (!hasStreams) expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    else if (side.wrapped) expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    else expect(outcomes).toEqual(['fulfilled', 'rejected', 'rejected']);
    // Refused is not lost: the request's sender has an error, the notification's owner a report.
    if (hasStreams && side.wrapped) {
      await expect(sends[1]).rejects.toMatchObject({ code: 'PARK_TIMEOUT' });
      await vi.waitFor(() => expect(rig.errors).toEqual([expect.objectContaining({ code: 'PARK_TIMEOUT' })]));
    }
  });

  it('C2: related ids nobody ever used, or that the client cancelled, never leave', async () => {
    const rig = await rigs.open(side);
    await rig.request('1');
    await rig.request('cancelled');
    await rig.fromClient({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'cancelled' },
    });
    const dead: Id[] = [1, '', 0, '__proto__', 'constructor', 'initialize'];
    await Promise.allSettled(dead.map(async (id) => rig.elicit(`q${String(id)}`, { relatedRequestId: id })));
    await rig.log('last', { relatedRequestId: 'cancelled' });

    expect(rig.sent.filter((sent) => sent.dead)).toHaveLength(side.wrapped ? 0 : dead.length);
    if (side.wrapped) expect(new Set(rig.sent.map(({ options }) => options?.relatedRequestId))).toEqual(new Set(['1']));
  });

  it('C2: a question of a call that the client cancelled is asked on behalf of no other', async () => {
    const rig = await rigs.open(side);
    await rig.request('cancelled');
    await rig.request('other');
    await rig.fromClient({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'cancelled' } });
    const [outcome] = await Promise.allSettled([rig.elicit('q', { relatedRequestId: 'cancelled' })]);

    if (!side.wrapped) {
      // Bare, its own stream is there still.
      expect(outcome).toMatchObject({ status: 'fulfilled' });
    } else if (hasStreams) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'NOT_IN_FLIGHT' } });
    } else {
      expect(rig.sent).toMatchObject([{ options: {} }]);
    }
  });

  it.each<Id>([1, 0, '', '1', '__proto__'])('C3: the explicit id %j, in flight, leaves unchanged', async (id) => {
    const rig = await rigs.open(side);
    await rig.request(id);
    await rig.request('newer');
    const options = Object.freeze({ relatedRequestId: id, other: true });

    await rig.elicit('q', options);
    await rig.log('n', options);

    for (const { options: passed } of rig.sent) expect(passed).toBe(options);
    expect((await rig.arrival('q')).stream).toBe(hasStreams ? `POST ${String(id)}` : 'pipe');
    expect((await rig.arrival('n')).stream).toBe(hasStreams ? `POST ${String(id)}` : 'pipe');
  });

  it('C3: an explicit id in flight holds against the async context and the progress token of another', async () => {
    const progress = { method: 'notifications/progress', params: { progressToken: 't', progress: 1, data: 'p' } };
    const sends: Promise<void>[] = [];
    const rig = await rigs.open(side, {
      onmessage: ({ id }) => {
        if (id !== 2) return;
        sends.push(rig.send(elicitation('q'), { relatedRequestId: 1 }));
        sends.push(rig.send({ jsonrpc: '2.0', ...progress }, { relatedRequestId: 1 }));
      },
    });
    await rig.request(1);
    await rig.request(2, 'tools/call', { _meta: { progressToken: 't' } });
    await Promise.all(sends);

    expect(rig.sent.map(({ options }) => options)).toEqual([{ relatedRequestId: 1 }, { relatedRequestId: 1 }]);
    expect((await rig.arrival('q')).stream).toBe(hasStreams ? 'POST 1' : 'pipe');
    expect((await rig.arrival('p')).stream).toBe(hasStreams ? 'POST 1' : 'pipe');
  });
});
