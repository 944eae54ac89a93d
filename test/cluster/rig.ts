import { randomUUID } from 'node:crypto';
import { onTestFinished, vi } from 'vitest';
import type { Beat, Engine, Lease } from '../../src/cluster/engine.js';
import { MemoryEngine, type MemoryStore } from '../../src/cluster/memory-engine.js';
import { writeLease } from '../../src/cluster/lease-text.js';
import { Members } from '../../src/cluster/members.js';
import { Seal } from '../../src/cluster/seal.js';

export const SECRET = 'a secret of all the nodes';
export const LEASE_MS = 3_000;
export const BEAT_MS = LEASE_MS / 3;

/** A node's way to the engine, which can be cut, be slow, or bring something else back. */
class Way extends MemoryEngine implements Engine {
  isCut = false;
  isMute = false;
  beats = 0;
  /** Changes what a beat brings back. */
  altered: (beat: Beat) => Beat = (beat) => beat;

  override async beat(lease: Lease, leaseMs: number): Promise<Beat> {
    this.beats++;
    if (this.isMute) return new Promise(() => undefined);
    if (this.isCut) throw new Error('cut');
    return this.altered(await super.beat(lease, leaseMs));
  }

  override async leave(node: string): Promise<void> {
    if (this.isCut) throw new Error('cut');
    await super.leave(node);
  }
}

export interface NodeRig {
  readonly members: Members;
  readonly way: Way;
  readonly reports: string[];
  readonly gone: string[];
  /** The incarnations that were lost, as they were called then. */
  readonly lost: string[];
}

/** A node, not joined yet. */
export function node(store: MemoryStore, secret = SECRET): NodeRig {
  const way = new Way(store);
  const reports: string[] = [];
  const members = new Members({
    engine: way,
    secret,
    leaseMs: LEASE_MS,
    report: (error) => reports.push(error.message),
  });
  const rig: NodeRig = { members, way, reports, gone: [], lost: [] };
  members.onGone((id) => rig.gone.push(id));
  members.onLost(() => rig.lost.push(members.self));
  return rig;
}

export function sessionOf(id: string): string {
  return `${id}.${randomUUID()}`;
}

/** An incarnation that no node here has. */
export const STRANGER = 'AAAAAAAAAAAAAAAA';

/** Nodes that know one another. */
export async function joined(store: MemoryStore, count: number): Promise<NodeRig[]> {
  const rigs = Array.from({ length: count }, () => node(store));
  for (const { members } of rigs) {
    onTestFinished(() => members.leave());
    await members.join(`http://${members.self}`);
  }
  await pass(BEAT_MS);
  return rigs;
}

export async function two(store: MemoryStore): Promise<readonly [NodeRig, NodeRig]> {
  return (await joined(store, 2)) as [NodeRig, NodeRig];
}

export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Writes a lease for a node that is no object here, in the store. */
export function write(
  store: MemoryStore,
  id: string,
  beat: number,
  { seal = new Seal(SECRET), address = 'http://x' } = {},
): void {
  const { text } = writeLease({ node: { id, address, isDraining: false }, beat }, seal);
  store.leases.set(id, { text, until: store.now() + LEASE_MS });
}
