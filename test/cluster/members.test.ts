import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryEngine, MemoryStore } from '../../src/cluster/memory-engine.js';
import { Members } from '../../src/cluster/members.js';
import { BEAT_MS, joined, LEASE_MS, node, pass, SECRET, sessionOf, STRANGER, two, type NodeRig } from './rig.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('where a session is', () => {
  it('is told by its id', async () => {
    const [one, other] = await two(new MemoryStore());
    const { self } = other.members;
    expect(one.members.whereIs(sessionOf(one.members.self))).toEqual({ at: 'here' });
    expect(one.members.whereIs(sessionOf(self))).toEqual({
      at: 'node',
      node: { id: self, address: `http://${self}`, isDraining: false },
    });
  });

  it.each([
    '',
    'nope',
    '5f0c7a52-0b0e-4d2e-8f63-0d1ad2e1a3c5',
    `${STRANGER}.`,
    `${STRANGER}.x`,
    `A.${crypto.randomUUID()}`,
  ])('is nowhere for %j, and the engine is not asked', async (id) => {
    const [one] = await two(new MemoryStore());
    const { beats } = one.way;
    expect(one.members.whereIs(id)).toEqual({ at: 'nowhere' });
    expect(one.way.beats).toBe(beats);
  });

  it('is found at once at a node that has joined since the last beat', async () => {
    const store = new MemoryStore();
    const [one] = await two(store);
    const late = node(store);
    onTestFinished(() => late.members.leave());
    await late.members.join('http://late');
    const where = one.members.whereIs(sessionOf(late.members.self));
    await pass(BEAT_MS / 10);
    expect(await where).toMatchObject({ at: 'node', node: { address: 'http://late' } });
  });

  it('is gone for a node that never was, which is asked for once', async () => {
    const [one] = await two(new MemoryStore());
    const where = one.members.whereIs(sessionOf(STRANGER));
    await pass(BEAT_MS / 10);
    expect(await where).toEqual({ at: 'gone', id: STRANGER });
    const { beats } = one.way;
    expect(one.members.whereIs(sessionOf(STRANGER))).toEqual({ at: 'gone', id: STRANGER });
    expect(one.way.beats).toBe(beats);
  });

  it('costs the engine a bounded number of beats, however many ids are made up', async () => {
    const [one] = await two(new MemoryStore());
    const { beats } = one.way;
    for (let step = 0; step < 100; step++) {
      for (let id = 0; id < 100; id++) void one.members.whereIs(sessionOf(`${step}-${id}`.padEnd(16, '_')));
      await pass(BEAT_MS / 100);
    }
    expect(one.way.beats - beats).toBeLessThanOrEqual(12);
  });

  it('is unknown, not gone, for a node never heard of while the engine is away, and a while after it came back', async () => {
    const [one] = await two(new MemoryStore());
    one.way.isCut = true;
    await pass(BEAT_MS);
    const asked = async (): Promise<unknown> => {
      const where = one.members.whereIs(sessionOf(STRANGER));
      await pass(BEAT_MS);
      return where;
    };
    expect(await asked()).toEqual({ at: 'unknown', id: STRANGER });
    one.way.isCut = false;
    await pass(BEAT_MS);
    expect(await asked()).toEqual({ at: 'unknown', id: STRANGER });
    await pass(LEASE_MS + BEAT_MS);
    expect(await asked()).toEqual({ at: 'gone', id: STRANGER });
  });

  it('is unknown to a node that joins after the engine has lost its data', async () => {
    const store = new MemoryStore();
    const one = node(store);
    onTestFinished(() => one.members.leave());
    one.way.altered = (beat) => ({ ...beat, since: beat.now - 500 });
    await one.members.join('http://one');
    const where = one.members.whereIs(sessionOf(STRANGER));
    await pass(BEAT_MS);
    expect(await where).toEqual({ at: 'unknown', id: STRANGER });
  });
});

describe('a node among others', () => {
  it('gives new sessions to one of those that do not drain', async () => {
    const [one, other, third] = (await joined(new MemoryStore(), 3)) as [NodeRig, NodeRig, NodeRig];
    await pass(BEAT_MS);
    const chosen = new Set(Array.from({ length: 100 }, () => one.members.other()?.id));
    expect(chosen).toEqual(new Set([other.members.self, third.members.self]));
    await other.members.drain();
    await pass(BEAT_MS);
    expect(one.members.whereIs(sessionOf(other.members.self))).toMatchObject({ node: { isDraining: true } });
    for (let time = 0; time < 50; time++) expect(one.members.other()?.id).toBe(third.members.self);
    await third.members.drain();
    await pass(BEAT_MS);
    expect(one.members.other()).toBeUndefined();
    expect(third.members.snapshot()).toMatchObject({ isDraining: true });
  });

  it('knows the time of the engine, whatever its own clock says', async () => {
    const store = new MemoryStore();
    const [one] = await two(store);
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(BEAT_MS / 2);
    expect(one.members.engineNow()).toBeCloseTo(store.now(), -1);
  });

  it('leaves no timer and no lease', async () => {
    const store = new MemoryStore();
    const [one, other] = await two(store);
    void one.members.whereIs(sessionOf(STRANGER));
    await Promise.all([one.members.leave(), other.members.leave()]);
    expect(vi.getTimerCount()).toBe(0);
    expect(store.leases.size).toBe(0);
    expect(await one.members.whereIs(sessionOf('never-heard-of__'))).toMatchObject({ at: 'unknown' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves within a bound when the engine does not answer', async () => {
    const [one] = await two(new MemoryStore());
    one.way.isMute = true;
    await pass(BEAT_MS);
    const left = one.members.leave();
    await pass(2_000);
    await left;
  });
});

it.each(['', 'sesame', 'fifteen letters'])('refuses a short secret, and does not show it (%j)', (secret) => {
  const make = (): Members =>
    new Members({ engine: new MemoryEngine(new MemoryStore()), secret, leaseMs: LEASE_MS, report: () => undefined });
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  if (secret !== '') expect(make).not.toThrow(new RegExp(secret));
});

it.each([0, 99, NaN, Infinity])('refuses a lease of %d ms', (leaseMs) => {
  const engine = new MemoryEngine(new MemoryStore());
  expect(() => new Members({ engine, secret: SECRET, leaseMs, report: () => undefined })).toThrow(
    /the lease of a cluster/,
  );
});
