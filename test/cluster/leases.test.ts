import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeLease } from '../../src/cluster/lease-text.js';
import { MemoryStore } from '../../src/cluster/memory-engine.js';
import { Seal } from '../../src/cluster/seal.js';
import { BEAT_MS, joined, pass, sessionOf, STRANGER, two, write, type NodeRig } from './rig.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a lease that none of our nodes has written', () => {
  const forged: readonly (readonly [string, (store: MemoryStore) => void])[] = [
    ['with another secret', (store) => write(store, STRANGER, 1, { seal: new Seal('another secret of others') })],
    ['without a seal', (store) => store.leases.set(STRANGER, { text: '{"id":1}', until: Infinity })],
    ['empty', (store) => store.leases.set(STRANGER, { text: '', until: Infinity })],
    [
      'altered',
      (store) => {
        write(store, STRANGER, 1);
        const { text = '' } = store.leases.get(STRANGER) ?? {};
        store.leases.set(STRANGER, { text: text.replace('http://x', 'http://y'), until: Infinity });
      },
    ],
    [
      'under the name of another',
      (store) => {
        write(store, 'BBBBBBBBBBBBBBBB', 1);
        const { text = '' } = store.leases.get('BBBBBBBBBBBBBBBB') ?? {};
        store.leases.delete('BBBBBBBBBBBBBBBB');
        store.leases.set(STRANGER, { text, until: Infinity });
      },
    ],
  ];

  it.each(forged)('is ignored, and reported once (%s)', async (_name, forge) => {
    const store = new MemoryStore();
    const [one] = (await joined(store, 1)) as [NodeRig];
    forge(store);
    await pass(3 * BEAT_MS);
    expect(one.members.other()).toBeUndefined();
    expect(one.reports).toEqual([
      `ignoring the lease of "${STRANGER}": it was not sealed with the secret of this cluster`,
    ]);
  });

  it('does not send anything elsewhere if it takes the place of a genuine one', async () => {
    const [one, other] = await two(new MemoryStore());
    const id = other.members.self;
    const evil = writeLease(
      { node: { id, address: 'http://evil', isDraining: false }, beat: 99 },
      new Seal('x'.repeat(16)),
    );
    one.way.altered = (beat) => ({ ...beat, leases: beat.leases.map((lease) => (lease.node === id ? evil : lease)) });
    await pass(BEAT_MS);
    expect(one.members.other()).toBeUndefined();
    expect(one.members.whereIs(sessionOf(id))).toEqual({ at: 'gone', id });
  });
});
