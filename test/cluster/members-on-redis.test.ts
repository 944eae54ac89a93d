import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Members } from '../../src/cluster/members.js';
import { RedisEngine } from '../../src/cluster/redis-engine.js';
import { HAS_REDIS, redisNote, startRedis } from './redis.js';
import { SECRET, sessionOf } from './rig.js';

const LEASE_MS = 1_500;

afterEach(() => {
  vi.restoreAllMocks();
});

function nodeOn(url: string): { readonly members: Members; readonly gone: string[]; readonly lost: string[] } {
  const members = new Members({
    engine: new RedisEngine({ url }),
    secret: SECRET,
    leaseMs: LEASE_MS,
    report: () => undefined,
  });
  onTestFinished(() => members.leave());
  const gone: string[] = [];
  const lost: string[] = [];
  members.onGone((id) => gone.push(id));
  members.onLost(() => lost.push(members.self));
  return { members, gone, lost };
}

describe.runIf(HAS_REDIS)(`nodes on a real Redis${redisNote}`, () => {
  it('agree on who lives and what time it is, although a clock is an hour off', async () => {
    const { url } = await startRedis();
    const [one, other] = [nodeOn(url), nodeOn(url)];
    await one.members.join('http://one');
    const real = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000);
    await other.members.join('http://other');
    expect(await one.members.whereIs(sessionOf(other.members.self))).toMatchObject({ at: 'node' });
    expect(Math.abs(one.members.engineNow() - other.members.engineNow())).toBeLessThan(500);
    await vi.waitUntil(() => one.members.snapshot().nodes === 2 && other.members.snapshot().nodes === 2);
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
    expect([...one.gone, ...other.gone, ...one.lost, ...other.lost]).toEqual([]);
  });

  it('lose nobody when Redis is killed and started again without its data', async () => {
    const redis = await startRedis();
    const [one, other] = [nodeOn(redis.url), nodeOn(redis.url)];
    await one.members.join('http://one');
    await other.members.join('http://other');
    const selves = [one.members.self, other.members.self];
    await redis.kill();
    await vi.waitUntil(() => !one.members.snapshot().isEngineUp && !other.members.snapshot().isEngineUp, 5_000);
    await redis.restart();
    const began = performance.now();
    const isUp = (): boolean => one.members.snapshot().isEngineUp && other.members.snapshot().isEngineUp;
    await vi.waitUntil(isUp, { timeout: 5_000, interval: 10 });
    expect(performance.now() - began).toBeLessThan(2_000);
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS + 1_000));
    expect([one.members.self, other.members.self]).toEqual(selves);
    expect([...one.gone, ...other.gone, ...one.lost, ...other.lost]).toEqual([]);
  });
});
