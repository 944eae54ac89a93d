/** The client drops the POST of its call, and then the server has a question. */
import { describe, expect, it } from 'vitest';
import { FLAVOURS, isAsk, peers, type Flavour, type Peer } from './peer.js';

const open = peers();

/** A client that has called, and dropped its POST. */
async function afterDrop(flavour: Flavour, wrapped: boolean): Promise<Peer> {
  const peer = await open({ flavour, wrapped, backchannel: { parkTimeoutMs: 200 } });
  await peer.dropped(await peer.called('lost'));
  return peer;
}

const NAMED = [
  ['no request', undefined],
  ['the call', 'lost'],
] as const;

describe.each(FLAVOURS)('C5: over a %s transport, a client drops the POST of its only call', (flavour) => {
  it.each(NAMED)('the bare transport loses a question that names %s, in silence', async (_, related) => {
    const peer = await afterDrop(flavour, false);
    expect(await peer.ask('q', related)).toBe('sent');
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
    expect(peer.errors).toEqual([]);
  });

  it.each(NAMED)('a question that names %s is refused once it has waited in vain', async (_, related) => {
    const peer = await afterDrop(flavour, true);
    expect(await peer.ask('q', related)).toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });
    expect(peer.routes.all).toMatchObject([
      { id: 'q', requested: related, to: 'nowhere', outcome: 'parked' },
      { id: 'q', requested: related, to: 'nowhere', outcome: 'refused', error: { code: 'PARK_TIMEOUT' } },
    ]);
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });
});

describe.each(FLAVOURS)('over a %s transport, a client drops a POST and holds the standalone stream', (flavour) => {
  it('the bare transport loses a question that names the call, and delivers one that names none', async () => {
    const peer = await afterDrop(flavour, false);
    await peer.client.openGet();
    expect(await peer.ask('q', 'lost')).toBe('sent');
    const after = peer.client.next(({ message }) => isAsk('after')(message));
    expect(await peer.ask('after')).toBe('sent');
    expect((await after).stream).toBe('GET');
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });

  it.each(NAMED)('a question that names %s arrives on the standalone stream', async (_, related) => {
    const peer = await afterDrop(flavour, true);
    await peer.client.openGet();
    const asked = peer.client.next(({ message }) => isAsk('q')(message));
    expect(await peer.ask('q', related)).toBe('sent');
    expect((await asked).stream).toBe('GET');
    expect(peer.routes.all).toMatchObject([{ to: 'standalone', evidence: 'nothing-in-flight', outcome: 'delivered' }]);
  });
});

describe.each(FLAVOURS)('over a %s transport, a client drops a POST and has another call in flight', (flavour) => {
  it.each(NAMED)('the bare transport loses a question that names %s, in silence', async (_, related) => {
    const peer = await afterDrop(flavour, false);
    await peer.called('live');
    expect(await peer.ask('q', related)).toBe('sent');
    // The other call's stream is alive, and what comes on it comes in order.
    const after = peer.client.next(({ message }) => isAsk('after')(message));
    await peer.ask('after', 'live');
    expect((await after).stream).toBe('POST live');
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });

  it('a question that names no request arrives on the stream of the other call', async () => {
    const peer = await afterDrop(flavour, true);
    await peer.called('live');
    const asked = peer.client.next(({ message }) => isAsk('q')(message));
    expect(await peer.ask('q')).toBe('sent');
    expect((await asked).stream).toBe('POST live');
    expect(peer.routes.all).toMatchObject([{ to: 'request', relatedRequestId: 'live', outcome: 'delivered' }]);
  });

  it('a question that names the call is not put to the user of the other one: it waits, and is refused', async () => {
    const peer = await afterDrop(flavour, true);
    await peer.called('live');
    expect(await peer.ask('q', 'lost')).toMatchObject({ name: 'BackchannelError', code: 'PARK_TIMEOUT' });
    expect(await peer.streamsOf(isAsk('q'))).toEqual([]);
  });

  it('so does one that names none, to the client that drops the newer of two calls', async () => {
    const peer = await open({ flavour, wrapped: true });
    await peer.called('live');
    await peer.dropped(await peer.called('lost'));
    const asked = peer.client.next(({ message }) => isAsk('q')(message));
    expect(await peer.ask('q')).toBe('sent');
    expect((await asked).stream).toBe('POST live');
  });
});
