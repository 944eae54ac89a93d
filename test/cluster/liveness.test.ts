import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryStore } from '../../src/cluster/memory-engine.js';
import { BEAT_MS, joined, LEASE_MS, node, pass, sessionOf, STRANGER, two, write, type NodeRig } from './rig.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** As if the process had stood still: the clock has gone on, but no timer was called. */
function standStill(ms: number): void {
  const before = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => before() + ms);
}

describe('a node that is gone', () => {
  it('is missed within a lease and two beats, and lives on as it was if it only could not reach the engine', async () => {
    const [one, other] = await two(new MemoryStore());
    const id = other.members.self;
    other.way.isCut = true;
    await pass(LEASE_MS - BEAT_MS - 1);
    expect(one.gone).toEqual([]);
    await pass(3 * BEAT_MS);
    expect(one.gone).toEqual([id]);
    expect(one.members.whereIs(sessionOf(id))).toEqual({ at: 'gone', id });
    // The one that is cut off has nobody declared dead, itself neither.
    expect(other.members.whereIs(sessionOf(one.members.self))).toMatchObject({ at: 'node' });
    other.way.isCut = false;
    await pass(2 * BEAT_MS);
    expect(other.members.self).toBe(id);
    expect(other.lost).toEqual([]);
    expect(one.members.whereIs(sessionOf(id))).toMatchObject({ at: 'node' });
  });

  it('has said so itself when it left', async () => {
    const [one, other] = await two(new MemoryStore());
    await other.members.leave();
    await pass(BEAT_MS);
    expect(one.gone).toEqual([other.members.self]);
    expect(one.members.snapshot()).toMatchObject({ nodes: 1 });
  });

  it('is dead at once and for ever when it refuses a connection, although its lease runs on', async () => {
    const [one, other] = await two(new MemoryStore());
    const id = other.members.self;
    one.members.refused(id);
    expect(one.gone).toEqual([id]);
    await pass(10 * LEASE_MS);
    expect(one.members.whereIs(sessionOf(id))).toEqual({ at: 'gone', id });
    expect(one.members.other()).toBeUndefined();
    expect(one.gone).toEqual([id]);
  });

  it('does not come back when somebody writes its last lease again', async () => {
    const store = new MemoryStore();
    const [one, other] = await two(store);
    const id = other.members.self;
    const last = store.leases.get(id)?.text ?? '';
    await pass(BEAT_MS);
    await other.members.leave();
    await pass(BEAT_MS);
    one.way.altered = (beat) => ({ ...beat, leases: [...beat.leases, { node: id, text: last }] });
    await pass(LEASE_MS);
    expect(one.members.whereIs(sessionOf(id))).toEqual({ at: 'gone', id });
    // A node that never saw it alive takes it for alive for a lease.
    const late = node(store);
    onTestFinished(() => late.members.leave());
    late.way.altered = one.way.altered;
    await late.members.join('http://late');
    expect(late.members.whereIs(sessionOf(id))).toMatchObject({ at: 'node' });
    await pass(LEASE_MS + 2 * BEAT_MS);
    expect(late.members.whereIs(sessionOf(id))).toEqual({ at: 'gone', id });
  });

  it('is told to every listener, of which one throws', async () => {
    const [one, other] = await two(new MemoryStore());
    const heard: string[] = [];
    one.members.onGone(() => {
      throw new Error('thrown by a listener');
    });
    one.members.onGone((id) => heard.push(id));
    one.members.onGone((id) => heard.push(id))();
    one.members.refused(other.members.self);
    expect(heard).toEqual([other.members.self]);
    expect(one.reports).toEqual(['thrown by a listener']);
  });
});

describe('without the engine', () => {
  it.each(['isCut', 'isMute'] as const)('nobody is declared dead (%s), and it is reported once', async (fault) => {
    const [one, other] = await two(new MemoryStore());
    one.way[fault] = other.way[fault] = true;
    await pass(100 * LEASE_MS);
    expect(one.members.whereIs(sessionOf(other.members.self))).toMatchObject({ at: 'node' });
    expect(one.members.snapshot()).toMatchObject({ isEngineUp: false, nodes: 2 });
    one.way[fault] = other.way[fault] = false;
    await pass(2 * BEAT_MS);
    expect(one.members.snapshot()).toMatchObject({ isEngineUp: true, nodes: 2 });
    expect(one.reports).toHaveLength(1);
    expect([...one.gone, ...one.lost]).toEqual([]);
  });

  it('nobody is lost when it comes back without its data, whoever comes first', async () => {
    const store = new MemoryStore();
    const [one, other] = await two(store);
    const selves = [one.members.self, other.members.self];
    one.way.isCut = other.way.isCut = true;
    await pass(2 * LEASE_MS);
    store.leases.clear();
    one.way.isCut = false;
    await pass(LEASE_MS);
    other.way.isCut = false;
    await pass(3 * LEASE_MS);
    expect([one.members.self, other.members.self]).toEqual(selves);
    expect([...one.gone, ...other.gone, ...one.lost, ...other.lost]).toEqual([]);
    expect(one.members.snapshot()).toMatchObject({ isEngineUp: true, nodes: 2 });
  });

  it('nobody is lost when it loses its data between two beats', async () => {
    const store = new MemoryStore();
    const [one, other] = await two(store);
    store.leases.clear();
    await pass(3 * LEASE_MS);
    expect([...one.gone, ...other.gone, ...one.lost, ...other.lost]).toEqual([]);
  });

  it('a node that did not come back is gone after a while', async () => {
    const store = new MemoryStore();
    const [one, other] = await two(store);
    one.way.isCut = other.way.isCut = true;
    await pass(BEAT_MS);
    one.way.isCut = false;
    await pass(2 * LEASE_MS + 2 * BEAT_MS);
    expect(one.gone).toEqual([other.members.self]);
  });

  it('a node joins, however long its client takes to load', async () => {
    const one = node(new MemoryStore());
    onTestFinished(() => one.members.leave());
    const LOADING_MS = 10_000;
    Object.assign(one.way, { load: () => new Promise((resolve) => setTimeout(resolve, LOADING_MS)) });
    const joining = one.members.join('http://one');
    await pass(LOADING_MS - 1);
    expect(one.way.beats).toBe(0);
    await pass(1);
    await joining;
    expect(one.way.beats).toBe(1);
  });

  it('nobody can join, but may try again', async () => {
    const one = node(new MemoryStore());
    onTestFinished(() => one.members.leave());
    one.way.isCut = true;
    await expect(one.members.join('http://one')).rejects.toMatchObject({ code: 'CLUSTER_ENGINE' });
    expect(vi.getTimerCount()).toBe(0);
    one.way.isCut = false;
    await one.members.join('http://one');
    expect(one.members.snapshot()).toMatchObject({ nodes: 1, isEngineUp: true });
  });
});

describe('a node that stood still', () => {
  it('begins anew, because the others have taken it for dead', async () => {
    const store = new MemoryStore();
    const [one] = (await joined(store, 1)) as [NodeRig];
    const former = one.members.self;
    standStill(LEASE_MS + BEAT_MS);
    await pass(BEAT_MS);
    expect(one.members.self).not.toBe(former);
    expect(one.lost).toEqual([one.members.self]);
    expect(one.members.whereIs(sessionOf(former))).toEqual({ at: 'gone', id: former });
    expect([...store.leases.keys()]).toEqual([one.members.self]);
    await pass(10 * LEASE_MS);
    expect(one.lost).toHaveLength(1);
  });

  it('begins anew also if it was stopped in the middle of a beat', async () => {
    const store = new MemoryStore();
    const [one] = (await joined(store, 1)) as [NodeRig];
    const former = one.members.self;
    one.way.isMute = true;
    await pass(1.5 * BEAT_MS);
    standStill(LEASE_MS + BEAT_MS);
    one.way.isMute = false;
    await pass(2 * BEAT_MS);
    expect(one.members.self).not.toBe(former);
  });

  it('begins anew if its clock stood still too, as the beats of the others tell', async () => {
    const store = new MemoryStore();
    const [one] = (await joined(store, 1)) as [NodeRig];
    const former = one.members.self;
    write(store, STRANGER, 10);
    await pass(BEAT_MS);
    store.leases.delete(former);
    write(store, STRANGER, 20);
    await pass(BEAT_MS);
    expect(one.members.self).not.toBe(former);
  });

  it('goes on if it stood still for less than a lease', async () => {
    const [one] = (await joined(new MemoryStore(), 1)) as [NodeRig];
    standStill(BEAT_MS);
    await pass(LEASE_MS);
    expect(one.lost).toEqual([]);
  });

  it('goes on if the engine was away: nobody could have taken it for dead', async () => {
    const store = new MemoryStore();
    const [one] = (await joined(store, 1)) as [NodeRig];
    one.way.isCut = true;
    await pass(BEAT_MS);
    standStill(2 * LEASE_MS);
    await pass(BEAT_MS);
    one.way.isCut = false;
    await pass(LEASE_MS);
    expect(one.lost).toEqual([]);
  });
});
