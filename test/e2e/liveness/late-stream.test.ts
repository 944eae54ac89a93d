/** The server asks before the client has opened a stream: the race of a question and a GET. */
import { describe, expect, it } from 'vitest';
import { FLAVOURS, isAsk, peers } from './peer.js';

const open = peers();

describe.each(FLAVOURS)('C5: over a %s transport, the client opens GET after a question was sent', (flavour) => {
  it('the bare transport has lost the question by then', async () => {
    const peer = await open({ flavour, wrapped: false });
    expect(await peer.ask('q')).toBe('sent');
    await peer.client.openGet();
    const after = peer.client.next(({ message }) => isAsk('after')(message));
    await peer.ask('after');
    expect((await after).stream).toBe('GET');
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });

  it('it is delivered on GET', async () => {
    const peer = await open({ flavour, wrapped: true, backchannel: { parkTimeoutMs: 60_000 } });
    const parked = peer.routes.first(({ outcome }) => outcome === 'parked');
    const asked = peer.client.next(({ message }) => isAsk('q')(message));
    const sent = peer.ask('q');
    await parked;
    await peer.client.openGet();
    expect(await sent).toBe('sent');
    expect((await asked).stream).toBe('GET');
    expect(peer.routes.all).toMatchObject([
      { outcome: 'parked', to: 'nowhere' },
      { outcome: 'delivered', to: 'standalone', evidence: 'nothing-in-flight' },
    ]);
    expect(await peer.streamsOf(isAsk('q'))).toEqual(['GET']);
  });
});

it('questions that wait are delivered in their order, on the stream of the next call where no GET opens', async () => {
  const peer = await open({ wrapped: true });
  const parked = peer.routes.first(({ id }) => id === 'second');
  const sent = Promise.all(['first', 'second'].map(async (id) => peer.ask(id)));
  await parked;
  await peer.called('call');
  expect(await sent).toEqual(['sent', 'sent']);
  expect(await peer.streamsOf(isAsk('second'))).toEqual(['POST call']);
  const questions = peer.client.arrivals.filter(({ message }) => message.method === 'elicitation/create');
  expect(questions.map(({ message }) => message.id)).toEqual(['first', 'second']);
});
