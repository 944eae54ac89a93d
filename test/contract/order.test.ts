/** In which order messages leave (C4), and when they leave at once (C9). */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../support/deferred.js';
import { Rigs, SIDES, elicitation, type Message } from './rig/rig.js';
import { slowStore } from './rig/stores.js';

const STREAMING = SIDES.filter(({ kind }) => kind.hasStreams);
const isElicitation = ({ method }: Message): boolean => method === 'elicitation/create';

describe.each(SIDES)('$title', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C4: delivers what was sent at once in the order of the send() calls, the answer last', async () => {
    const rig = await rigs.open(side);
    await rig.request(1);
    const related = { relatedRequestId: 1 };
    const tags = Array.from({ length: 20 }, (_, n) => `m${String(n)}`);
    const sends = tags.map(async (tag, n) => (n % 2 === 0 ? rig.elicit(tag, related) : rig.log(tag, related)));
    await Promise.all([...sends, rig.respond(1)]);
    await rig.answer(1);
    expect(rig.came).toEqual([...tags, '=1']);
  });

  it('C9: gives the transport each message before send() returns', async () => {
    const rig = await rigs.open(side);
    for (const id of [1, 2, 3, 4]) await rig.request(id);
    const counts: number[] = [];
    const send = async (message: Message, options?: object): Promise<void> => {
      const sending = rig.send(message, options);
      counts.push(rig.sent.length);
      return sending;
    };
    const notification = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'n' } };
    // Each on a stream of its own: two messages for one stream may have to wait for one another.
    await Promise.all([
      send(elicitation('kept'), { relatedRequestId: 1 }),
      send(elicitation('routed'), { relatedRequestId: 'dead' }).catch(() => undefined),
      send(notification, { relatedRequestId: 2 }),
      send({ jsonrpc: '2.0', id: 3, result: {} }),
    ]);
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  it('C9: gives the server each message while the transport still delivers it', async () => {
    const rig = await rigs.open(side);
    const before = rig.received.all.length;
    rig.inner.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} });
    rig.inner.onmessage?.({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
    expect(rig.received.all).toHaveLength(before + 2);
  });

  it('C9: lets a server answer while its request is still being delivered', async () => {
    const rig = await rigs.open(side);
    const sentWithin: unknown[] = [];
    rig.onmessage = ({ id }) => {
      if (id === 1) void rig.respond(id);
      if (id === 2) void rig.elicit('q');
      sentWithin.push(...rig.sent.slice(sentWithin.length).map(({ message }) => message.id));
    };
    await rig.request(1);
    await rig.answer(1);
    await rig.request(2);
    expect(sentWithin).toEqual([1, 'q']);
  });
});

describe.each(STREAMING)('$title, with an event store', (side) => {
  const rigs = new Rigs();
  afterEach(async () => rigs.close());

  it('C4: a response waits for an elicitation that the store keeps for a while', async () => {
    const gate = deferred();
    const eventStore = slowStore((message) => (isElicitation(message) ? gate.promise : undefined));
    const rig = await rigs.open(side, { eventStore });
    const call = rig.strict.start('tools/call', {}, 1);
    await rig.received.first(({ message }) => message.id === 1);

    const sends = [rig.elicit('q', { relatedRequestId: 1 }), rig.respond(1)];
    // Bare, it is written by now; wrapped, it has had every chance to be.
    await (side.wrapped ? setImmediate() : sends[1]);
    gate.resolve();
    await Promise.all(sends);
    await call.response;
    await (
      await call.exchange
    ).ended;

    // Bare, the response overtakes the elicitation and ends the stream: the client never sees it.
    expect(rig.came).toEqual(side.wrapped ? ['q', '=1'] : ['=1']);
  });

  it('C4: a notification waits for an earlier elicitation of its stream', async () => {
    const gate = deferred();
    const eventStore = slowStore((message) => (isElicitation(message) ? gate.promise : undefined));
    const rig = await rigs.open(side, { eventStore });
    await rig.request(1);

    const sends = [rig.elicit('q', { relatedRequestId: 1 }), rig.log('n', { relatedRequestId: 1 })];
    if (!side.wrapped) await sends[1];
    gate.resolve();
    await Promise.all(sends);
    await rig.arrival('q');
    await rig.arrival('n');
    expect(rig.came).toEqual(side.wrapped ? ['q', 'n'] : ['n', 'q']);
  });

  it('C4: waiting on one stream holds up no other', async () => {
    const gate = deferred();
    const eventStore = slowStore((message) => (isElicitation(message) ? gate.promise : undefined));
    const rig = await rigs.open(side, { eventStore });
    await rig.request(1);
    await rig.request(2);

    const held = rig.elicit('q', { relatedRequestId: 1 });
    await rig.log('n', { relatedRequestId: 2 });
    await rig.respond(2);
    await rig.answer(2);
    expect(rig.came).toEqual(['n', '=2']);

    gate.resolve();
    await held;
    await rig.respond(1);
    await rig.answer(1);
    expect(rig.came).toEqual(['n', '=2', 'q', '=1']);
  });

  it('C4: what the store fails to keep is rejected, and what follows still leaves', async () => {
    const failed = new Error('the store is full');
    const eventStore = slowStore((message) => (isElicitation(message) ? Promise.reject(failed) : undefined));
    const rig = await rigs.open(side, { eventStore });
    await rig.request(1);

    const elicited = rig.elicit('q', { relatedRequestId: 1 });
    const outcomes = await Promise.allSettled([elicited, rig.log('n', { relatedRequestId: 1 }), rig.respond(1)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    await expect(elicited).rejects.toBe(failed);
    await rig.answer(1);
    expect(rig.came).toEqual(['n', '=1']);
  });

  it('C9: only what must wait is given to the transport later', async () => {
    const gate = deferred();
    const eventStore = slowStore((message) => (isElicitation(message) ? gate.promise : undefined));
    const rig = await rigs.open(side, { eventStore });
    await rig.request(1);
    await rig.request(2);

    const sends = [
      rig.elicit('q', { relatedRequestId: 1 }),
      rig.respond(1),
      rig.elicit('other', { relatedRequestId: 2 }),
    ];
    expect(rig.sent.map(({ message }) => message.id)).toEqual(side.wrapped ? ['q', 'other'] : ['q', 1, 'other']);
    gate.resolve();
    await Promise.all(sends);
    expect(rig.sent).toHaveLength(3);
  });
});
