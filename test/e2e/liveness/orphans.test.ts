/** A question has reached the client, whose streams then die: who waits for the answer must not wait for ever. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../examples/lib/strict-client.js';
import { FLAVOURS, isAsk, peers, type Peer, type PeerOptions } from './peer.js';

const open = peers();
const backchannel = { orphanTimeoutMs: 250, parkTimeoutMs: 100 };

/** A client whose call has led to a question, which has arrived. */
async function asked(options: PeerOptions): Promise<{ peer: Peer; drop: () => Promise<void> }> {
  const peer = await open({ backchannel, ...options });
  const call = await peer.called('call');
  const arrived = peer.client.next(({ message }) => isAsk('q')(message));
  expect(await peer.ask('q', 'call')).toBe('sent');
  await arrived;
  return { peer, drop: async () => peer.dropped(call) };
}

const toQuestion = ({ id, method }: Message): boolean => id === 'q' && method === undefined;
const isOrphaned = ({ outcome }: { outcome: string }): boolean => outcome === 'orphaned';

/** Comes back when a client that drops its connections now and stays away is taken to be gone. */
async function timeIsOver(): Promise<void> {
  const { peer, drop } = await asked({ wrapped: true });
  await drop();
  await peer.routes.first(isOrphaned);
}

/** The client says something, and the session listens. */
async function isAlive(peer: Peer): Promise<void> {
  expect(await peer.client.request('ping')).toHaveProperty('result');
}

describe.each(FLAVOURS)(
  'C5: over a %s transport, a client drops the POST on which it was asked and is silent',
  (flavour) => {
    it('the bare transport never tells anybody, the wrapped one answers in its place', async () => {
      const control = await asked({ flavour, wrapped: false });
      await control.drop();
      const { peer, drop } = await asked({ flavour, wrapped: true });
      await drop();

      expect(await peer.received.first(toQuestion)).toEqual({
        jsonrpc: '2.0',
        id: 'q',
        error: { code: -32000, message: expect.stringContaining('250 ms') as string, data: { code: 'ORPHANED' } },
      });
      expect(peer.routes.all).toMatchObject([
        { id: 'q', relatedRequestId: 'call', outcome: 'delivered' },
        { id: 'q', relatedRequestId: 'call', outcome: 'orphaned', error: { code: 'ORPHANED' } },
      ]);
      expect(control.peer.received.all.filter(toQuestion)).toEqual([]);
    });

    it('and so it is when it was asked on the standalone stream', async () => {
      const peer = await open({ flavour, wrapped: true, backchannel });
      await peer.client.openGet();
      await peer.ask('q');
      await peer.vanished('GET');
      expect(await peer.received.first(toQuestion)).toMatchObject({ error: { data: { code: 'ORPHANED' } } });
      expect(peer.routes.all).toMatchObject([
        { to: 'standalone', outcome: 'delivered' },
        { to: 'standalone', outcome: 'orphaned' },
      ]);
    });

    it('an answer that comes after all harms nothing', async () => {
      const { peer, drop } = await asked({ flavour, wrapped: true });
      await drop();
      await peer.routes.first(isOrphaned);
      expect((await peer.client.reply('q', { action: 'accept' })).status).toBe(202);
      await isAlive(peer);
    });
  },
);

describe.each(FLAVOURS)('over a %s transport that answers in JSON', (flavour) => {
  it('a client is gone when it drops the standalone stream and a POST that is not answered yet', async () => {
    const peer = await open({ flavour, wrapped: true, json: true, backchannel });
    await peer.client.openGet();
    peer.client.start('tools/call', { name: 'any' }, 'call').exchange.catch(() => undefined);
    await peer.received.first(({ id }) => id === 'call');
    await peer.ask('q');
    await peer.vanished('GET', 'POST');
    expect(await peer.received.first(toQuestion)).toMatchObject({ error: { data: { code: 'ORPHANED' } } });
  });
});

describe('a client that drops the POST on which it was asked is not cut off', () => {
  it('while it holds the standalone stream', async () => {
    const { peer, drop } = await asked({ wrapped: true });
    await peer.client.openGet();
    await drop();
    await timeIsOver();
    await stillWaits(peer);
  });

  it('while it holds the stream of another call', async () => {
    const { peer, drop } = await asked({ wrapped: true });
    await peer.called('other');
    await drop();
    await timeIsOver();
    await stillWaits(peer);
  });

  it('when it comes back with a stream in time', async () => {
    const { peer, drop } = await asked({ wrapped: true });
    await drop();
    await peer.client.openGet();
    await timeIsOver();
    await stillWaits(peer);
  });

  it('as long as it talks now and then', async () => {
    const { peer, drop } = await asked({ wrapped: true, backchannel: { orphanTimeoutMs: 700 } });
    await drop();
    // Each time less than its own, together more.
    for (let times = 0; times < 4; times++) {
      await timeIsOver();
      await isAlive(peer);
    }
    await stillWaits(peer);
  });

  it('when it answers late, on a new POST: the answer arrives as it is', async () => {
    const { peer, drop } = await asked({ wrapped: true });
    await drop();
    await stillWaits(peer);
    await timeIsOver();
    expect(peer.received.all.filter(toQuestion)).toHaveLength(1);
  });

  it('while it holds the POST on which it was asked', async () => {
    const { peer } = await asked({ wrapped: true });
    await timeIsOver();
    await stillWaits(peer);
  });

  it('where orphanTimeoutMs is 0', async () => {
    const { peer, drop } = await asked({ wrapped: true, backchannel: { orphanTimeoutMs: 0 } });
    await drop();
    await timeIsOver();
    await stillWaits(peer);
  });
});

/** Nobody has answered the question, until the client does. */
async function stillWaits(peer: Peer): Promise<void> {
  expect(peer.received.all.filter(toQuestion)).toEqual([]);
  await peer.client.reply('q', { action: 'decline' });
  expect(await peer.received.first(toQuestion)).toEqual({ jsonrpc: '2.0', id: 'q', result: { action: 'decline' } });
  expect(peer.routes.all.filter(isOrphaned)).toEqual([]);
}
