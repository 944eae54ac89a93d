import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Engine } from '../../src/cluster/engine.js';
import { MemoryEngine, MemoryStore } from '../../src/cluster/memory-engine.js';
import { RedisEngine } from '../../src/cluster/redis-engine.js';
import { HAS_REDIS, redisNote, startRedis } from './redis.js';

const LEASE_MS = 60_000;

/** Makes the engines of two nodes. */
const kinds: readonly (readonly [string, boolean, () => Promise<readonly [Engine, Engine]>])[] = [
  [
    'in memory',
    true,
    () => {
      const store = new MemoryStore();
      return Promise.resolve([new MemoryEngine(store), new MemoryEngine(store)]);
    },
  ],
  [
    `on Redis${redisNote}`,
    HAS_REDIS,
    async () => {
      const { url } = await startRedis();
      return [new RedisEngine({ url }), new RedisEngine({ url })];
    },
  ],
];

describe.each(kinds)('an engine %s', (_name, isHere, make) => {
  const engines = async (): Promise<readonly [Engine, Engine]> => {
    const made = await make();
    onTestFinished(async () => {
      await Promise.all(made.map((engine) => engine.close()));
    });
    return made;
  };

  it.runIf(isHere)('renews the lease of a node, says what it was before, and reads the others', async () => {
    const [one, other] = await engines();
    const first = await one.beat({ node: 'one', text: '1' }, LEASE_MS);
    expect(first).toMatchObject({ before: undefined, leases: [{ node: 'one', text: '1' }] });
    expect(first.since).toBeLessThanOrEqual(first.now);
    await other.beat({ node: 'other', text: 'a' }, LEASE_MS);
    const second = await one.beat({ node: 'one', text: '2' }, LEASE_MS);
    expect(second.before).toBe('1');
    expect(second.since).toBe(first.since);
    expect(second.now).toBeGreaterThanOrEqual(first.now);
    expect([...second.leases].sort((a, b) => a.node.localeCompare(b.node))).toEqual([
      { node: 'one', text: '2' },
      { node: 'other', text: 'a' },
    ]);
  });

  it.runIf(isHere)('forgets a lease that has run out, and one that was given back', async () => {
    const [one, other] = await engines();
    await other.beat({ node: 'short', text: 's' }, 30);
    await other.beat({ node: 'left', text: 'l' }, LEASE_MS);
    await other.leave('left');
    await vi.waitFor(async () => {
      const { leases } = await one.beat({ node: 'one', text: '1' }, LEASE_MS);
      expect(leases).toEqual([{ node: 'one', text: '1' }]);
    });
    // It had run out, so it was not renewed but written.
    expect((await other.beat({ node: 'short', text: 's' }, LEASE_MS)).before).toBeUndefined();
  });

  it.runIf(isHere)('keeps records, until their time is over or they are deleted', async () => {
    const [one, other] = await engines();
    await one.put('kept', 'text', LEASE_MS);
    await one.put('short', 'text', 30);
    await one.put('deleted', 'text', LEASE_MS);
    await one.delete('deleted');
    expect(await other.get('kept')).toBe('text');
    expect(await other.get('deleted')).toBeUndefined();
    expect(await other.get('never')).toBeUndefined();
    await vi.waitFor(async () => expect(await other.get('short')).toBeUndefined());
  });

  it.runIf(isHere)('lets one of two replace a record', async () => {
    const [one, other] = await engines();
    await one.put('key', 'before', LEASE_MS);
    const won = await Promise.all([
      one.replace('key', 'before', 'one', LEASE_MS),
      other.replace('key', 'before', 'other', LEASE_MS),
    ]);
    expect([...won].sort()).toEqual([false, true]);
    expect(await one.get('key')).toBe(won[0] ? 'one' : 'other');
    expect(await one.replace('never', 'before', 'after', LEASE_MS)).toBe(false);
    // The time of the new text counts.
    expect(await one.replace('key', won[0] ? 'one' : 'other', 'short', 30)).toBe(true);
    await vi.waitFor(async () => expect(await one.get('key')).toBeUndefined());
    expect(await one.replace('key', 'short', 'after', LEASE_MS)).toBe(false);
  });
});
