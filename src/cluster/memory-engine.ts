import { now } from '../clock.js';
import type { Beat, Engine, Lease } from './engine.js';

interface Held {
  readonly text: string;
  readonly until: number;
}

/** What the engines of one cluster in memory share. */
export class MemoryStore {
  readonly leases: Map<string, Held> = new Map<string, Held>();
  readonly records: Map<string, Held> = new Map<string, Held>();

  /** Its own time, which does not change with the clock on the wall. */
  now(): number {
    return performance.timeOrigin + now();
  }

  forgetOldLeases(): void {
    const time = this.now();
    for (const [node, { until }] of this.leases) if (until <= time) this.leases.delete(node);
  }
}

/** An engine for the nodes of one process. Each node has its own, over one store. */
export class MemoryEngine implements Engine {
  constructor(private readonly store: MemoryStore) {}

  beat(lease: Lease, leaseMs: number): Promise<Beat> {
    const { store } = this;
    const time = store.now();
    store.forgetOldLeases();
    const before = store.leases.get(lease.node)?.text;
    store.leases.set(lease.node, { text: lease.text, until: time + leaseMs });
    const leases = [...store.leases].map(([node, { text }]) => ({ node, text }));
    // It cannot have lost anything: every node of its cluster was made after it.
    return Promise.resolve({ leases, before, since: 0, now: time });
  }

  leave(node: string): Promise<void> {
    this.store.leases.delete(node);
    return Promise.resolve();
  }

  put(key: string, text: string, ttlMs: number): Promise<void> {
    const { records } = this.store;
    records.delete(key);
    records.set(key, { text, until: this.store.now() + ttlMs });
    // Without a timer: what nobody reads any more goes when later records are written, oldest first.
    for (const [old, { until }] of records) {
      if (until > this.store.now()) break;
      records.delete(old);
    }
    return Promise.resolve();
  }

  get(key: string): Promise<string | undefined> {
    const held = this.store.records.get(key);
    return Promise.resolve(held !== undefined && held.until > this.store.now() ? held.text : undefined);
  }

  async replace(key: string, before: string, after: string, ttlMs: number): Promise<boolean> {
    // Nothing is awaited between the look and the write.
    const held = this.store.records.get(key);
    if (held?.text !== before || held.until <= this.store.now()) return false;
    await this.put(key, after, ttlMs);
    return true;
  }

  delete(key: string): Promise<void> {
    this.store.records.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
