/** An engine that dies, or stands still, under calls that go from node to node; and clocks that are wrong. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { IS_LONG } from '../../faults/long.js';
import { HAS_REDIS, redisNote } from '../redis.js';
import { know, LEASE_MS, openStage, ROUNDS, type FaultStage } from './stage.js';

/** Longer than nodes have to write their leases again. */
const LATER_MS = 2 * LEASE_MS + 1_000;

/** A third of it is the time between two beats. An answer takes longer, but not a second, after which the engine counts as down. */
const SLOW_LEASE_MS = 1_200;
const SLOW_ANSWER_MS = 500;

/** In the short form, other tests need the processor, too. */
const PAUSE_MS = IS_LONG ? 0 : LEASE_MS / 3;

/** Calls from node to node and opens sessions, for so long. */
async function useFor(ms: number, { nodes, connect }: FaultStage, name: string): Promise<void> {
  const until = performance.now() + ms;
  const client = await connect();
  for (let round = 0; performance.now() < until; round++) {
    for (const [at, opensOn] of nodes.entries()) {
      const key = `${name} ${round} ${at}`;
      expect(await client.callTool('ask', { key })).toBe(`${key}: accept ann`);
      const next = await connect({ opensOn });
      for (const node of nodes.keys())
        expect(await next.callTool('count', { key: `${key} ${node}` })).toBe(`${key} ${node}`);
      expect((await next.delete()).status).toBe(200);
    }
    await setTimeout(PAUSE_MS);
  }
}

async function idsOf({ nodes }: FaultStage): Promise<string[]> {
  return Promise.all(nodes.map(async (node) => (await node.report()).cluster.node));
}

async function isEngineUp({ nodes }: FaultStage): Promise<boolean[]> {
  return Promise.all(nodes.map(async (node) => (await node.report()).cluster.isEngineUp));
}

describe.runIf(HAS_REDIS)(`calls and new sessions go on${redisNote}`, () => {
  it('while Redis is dead, and when it is back without its data', ROUNDS, async () => {
    const stage = await openStage();
    const ids = await idsOf(stage);
    const client = await stage.connect();
    await stage.redis.kill();
    await useFor(LATER_MS, stage, 'dead');
    expect(await isEngineUp(stage)).toEqual([false, false, false]);
    await stage.redis.restart();
    await useFor(LATER_MS, stage, 'back');
    expect(await isEngineUp(stage)).toEqual([true, true, true]);
    expect(await client.callTool('count', { key: 'still there' })).toBe('still there');
    expect(await idsOf(stage)).toEqual(ids);
    await know(stage.nodes, 3);
  });

  it('while Redis stands still, and when it goes on', ROUNDS, async () => {
    const stage = await openStage();
    const ids = await idsOf(stage);
    const client = await stage.connect();
    for (let time = 1; time <= (IS_LONG ? 2 : 1); time++) {
      stage.redis.freeze();
      await useFor(LATER_MS, stage, `still ${time}`);
      stage.redis.thaw();
      await useFor(LATER_MS, stage, `moving ${time}`);
    }
    expect(await client.callTool('count', { key: 'still there' })).toBe('still there');
    expect(await idsOf(stage)).toEqual(ids);
    await know(stage.nodes, 3);
  });

  it('while Redis is slow: each of its answers comes later than the next beat is due', ROUNDS, async () => {
    const stage = await openStage({ leaseMs: SLOW_LEASE_MS, engineLateMs: SLOW_ANSWER_MS / 2 });
    const ids = await idsOf(stage);
    const client = await stage.connect();
    await useFor(2 * SLOW_LEASE_MS, stage, 'slow');
    expect(await client.callTool('count', { key: 'still there' })).toBe('still there');
    expect(await isEngineUp(stage)).toEqual([true, true, true]);
    expect(await idsOf(stage)).toEqual(ids);
    await know(stage.nodes, 3);
  });

  it('with clocks that are an hour apart', ROUNDS, async () => {
    const stage = await openStage([{ aheadMs: 3_600_000 }, {}, { aheadMs: -3_600_000 }]);
    const ids = await idsOf(stage);
    await useFor(LATER_MS, stage, 'apart');
    expect(await idsOf(stage)).toEqual(ids);
    await know(stage.nodes, 3);
  });
});
