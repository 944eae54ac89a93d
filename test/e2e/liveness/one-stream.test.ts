/** A message is written to one stream. When that stream dies, no other gets it a second time. */
import { describe, expect, it } from 'vitest';
import { FLAVOURS, isAsk, peers, type Flavour, type Peer } from './peer.js';

const open = peers();

/** Opens a stream of either kind again, and comes back when the client has heard on each what was sent last. */
async function reopened(peer: Peer): Promise<void> {
  await peer.client.openGet();
  await peer.called('next');
  const last = ['GET', 'POST next'].map(async (stream) => {
    return peer.client.next(({ message, stream: on }) => message.id === `last on ${stream}` && on === stream);
  });
  await peer.ask('last on POST next', 'next');
  await peer.send({ id: 'last on GET', method: 'ping' });
  await Promise.all(last);
}

describe.each(FLAVOURS)('over a %s transport, a question was written, and its stream is gone', (flavour) => {
  // The same is true of the bare transport, which has no second thoughts.
  it.each([true, false])('it is not written again on other streams (wrapped: %s)', async (wrapped) => {
    const peer = await open({ flavour, wrapped });
    const call = await peer.called('call');
    const arrived = peer.client.next(({ message }) => isAsk('q')(message));
    await peer.ask('q', 'call');
    await arrived;
    await peer.dropped(call);
    await reopened(peer);
    expect(await peer.streamsOf(isAsk('q'))).toEqual(['POST call']);
    expect(outcomesOf(peer)).toEqual(wrapped ? ['delivered'] : []);
  });

  it.each([true, false])('nor is one that was written on GET (wrapped: %s)', async (wrapped) => {
    const peer = await open({ flavour, wrapped });
    await peer.client.openGet();
    const arrived = peer.client.next(({ message }) => isAsk('q')(message));
    await peer.ask('q');
    await arrived;
    await peer.vanished('GET');
    await reopened(peer);
    expect(await peer.streamsOf(isAsk('q'))).toEqual(['GET']);
    expect(outcomesOf(peer)).toEqual(wrapped ? ['delivered'] : []);
  });

  it('nor is one that the client never got, because its stream was dying when it was written', async () => {
    const peer = await writtenInVain(flavour, true);
    await reopened(peer);
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
    expect(outcomesOf(peer)).toEqual(['delivered']);
  });

  it('but who waits for the answer to that one is told, once the client is away', async () => {
    const control = await writtenInVain(flavour, false);
    const peer = await writtenInVain(flavour, true, 200);
    const toQuestion = peer.received.first(({ id, error }) => id === 'q' && error !== undefined);
    expect((await toQuestion).error?.data).toEqual({ code: 'ORPHANED' });
    expect(outcomesOf(peer)).toEqual(['delivered', 'orphaned']);
    expect(control.received.all.filter(({ id }) => id === 'q')).toEqual([]);
  });
});

/** The client has dropped its POST, and the server writes on it before it knows. */
async function writtenInVain(flavour: Flavour, wrapped: boolean, orphanTimeoutMs = 0): Promise<Peer> {
  const peer = await open({ flavour, wrapped, backchannel: { orphanTimeoutMs } });
  const call = await peer.called('call');
  await call.exchange;
  const dropped = peer.dropped(call);
  // In the same turn: the server hears of the drop in a later one.
  const sent = peer.ask('q', 'call');
  await dropped;
  expect(await sent).toBe('sent');
  return peer;
}

function outcomesOf(peer: Peer): string[] {
  return peer.routes.all.filter(({ id }) => id === 'q').map(({ outcome }) => outcome);
}
