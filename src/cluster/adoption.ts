/**
 * Sessions of HTTP backends outlive their nodes. Each has an encrypted record in the engine. When its node is gone, the
 * next node that is asked for the session claims the record by compare-and-set.
 */
import { timingSafeEqual } from 'node:crypto';
import { after, now } from '../clock.js';
import { debug } from '../debug.js';
import { textOf } from '../errors.js';
import { RecentSet } from '../routing/recent-set.js';
import type { AdoptableSession, Adoptions, Claim, Found, KeptSession, LiveSession, Missed } from './adoptable.js';
import { BoundedMap } from './bounded-map.js';
import { bounded } from './bounded.js';
import type { Whereabouts } from './cluster.js';
import type { Engine } from './engine.js';
import { KeptRecord } from './kept-record.js';
import { RecordTexts } from './record-text.js';
import type { Seal } from './seal.js';

/** A client may come back this long after the node of its session has gone. */
const TTL_MS = 3_600_000;

/** How often the records are brought up to date. An event that the record does not know yet is delivered twice. */
const TICK_MS = 1_000;

const MAX_OWNERS = 10_000;

/** Look-ups at once. Ids of nodes that are gone can be made up. */
const MAX_LOOKUPS = 64;

/** Others may claim the same session, or its node may be letting go of it. */
const MAX_ATTEMPTS = 20;
const PAUSE_MS = 100;

/** The record of a session that no node has. */
interface Adoptable {
  readonly key: string;
  readonly text: string;
  readonly session: AdoptableSession;
}

export interface AdoptionOptions {
  readonly engine: Engine;
  readonly seal: Pick<Seal, 'encrypt' | 'decrypt' | 'mac'>;
  /** The incarnation of this node. */
  readonly self: () => string;
  readonly whereIs: (sessionId: string) => Whereabouts | Promise<Whereabouts>;
  /** Since when the engine has its data, by its own time. */
  readonly engineSince: () => number;
  /** Whether the engine has all that the nodes have told it. */
  readonly remembers: () => Promise<boolean>;
  /** @default an hour */
  readonly ttlMs?: number;
  /** @default a second */
  readonly tickMs?: number;
}

/** The records of sessions that may be adopted. */
export class Adoption implements Adoptions {
  readonly #kept = new Map<string, KeptRecord>();
  readonly #texts: RecordTexts;
  /** Sessions that other nodes have adopted, so that the engine is not asked with each request. */
  readonly #owners = new BoundedMap<string, string>(MAX_OWNERS);
  readonly #unknown = new RecentSet<string>();
  readonly #ttlMs: number;
  readonly #tickMs: number;
  #adopted = 0;
  #lookups = 0;
  #cancelTick: (() => void) | undefined;
  #isClosed = false;

  constructor(private readonly options: AdoptionOptions) {
    this.#texts = new RecordTexts(options.seal);
    this.#ttlMs = options.ttlMs ?? TTL_MS;
    this.#tickMs = options.tickMs ?? TICK_MS;
  }

  /** How many sessions this node has adopted. */
  get adopted(): number {
    return this.#adopted;
  }

  /** Writes no more records. Those that are there wait for another node. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTick?.();
    this.#kept.clear();
  }

  keep(live: LiveSession): KeptSession {
    return this.#keep(live, undefined);
  }

  moved(sessionId: string): void {
    this.#owners.delete(sessionId);
  }

  claim(sessionId: string, credential: string): Promise<Claim> {
    return this.#lookUp(sessionId, () => this.#claim(sessionId, credential));
  }

  find(sessionId: string, credential: string): Promise<Found> {
    return this.#lookUp(sessionId, async () => {
      const found = await this.#find(sessionId, credential);
      return isAdoptable(found) ? 'adoptable' : found;
    });
  }

  async #lookUp<T>(sessionId: string, work: () => Promise<T>): Promise<T | Missed> {
    if (this.#unknown.has(sessionId)) return 'unknown';
    const known = this.#owners.get(sessionId);
    const place = known === undefined ? undefined : await this.#placeOf(known, sessionId);
    if (place?.at === 'node') return { node: place.node };
    if (this.#lookups >= MAX_LOOKUPS) return 'busy';
    this.#lookups++;
    try {
      return await work();
    } catch (error) {
      debug.proxy('cannot look for an adoptable session: %s', textOf(error));
      return 'busy';
    } finally {
      this.#lookups--;
    }
  }

  async #claim(sessionId: string, credential: string): Promise<Claim> {
    const { engine, self } = this.options;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.#find(sessionId, credential);
      if (!isAdoptable(found)) return found;
      if (this.#kept.has(sessionId)) {
        // This node is letting go of it.
        await pause(PAUSE_MS);
        continue;
      }
      const { key, text, session } = found;
      const claimed = this.#texts.write(key, { owner: self(), session });
      if (await bounded(engine.replace(key, text, claimed, this.#ttlMs))) {
        this.#adopted++;
        return { session, keep: (live) => this.#keep(live, claimed) };
      }
    }
    return 'busy';
  }

  async #find(sessionId: string, credential: string): Promise<Adoptable | Missed> {
    const { engine, remembers } = this.options;
    const key = this.#texts.keyOf(sessionId);
    const text = await bounded(engine.get(key));
    // The record may be one of those that the engine has lost, and not be written again yet.
    if (text === undefined && !(await remembers())) return 'busy';
    const record = text === undefined ? undefined : this.#texts.read(key, text);
    if (text === undefined || record === undefined) {
      // A record is written before its node can be gone.
      this.#unknown.add(sessionId);
      return 'unknown';
    }
    const { owner, session } = record;
    if (!isSame(session.credential, credential)) return 'unknown';
    const place = owner === undefined ? undefined : await this.#placeOf(owner, sessionId);
    if (place?.at === 'node') {
      this.#owners.set(sessionId, place.node.id);
      return { node: place.node };
    }
    return place?.at === 'unknown' ? 'busy' : { key, text, session };
  }

  /** Where the session is if this node owns it. */
  #placeOf(owner: string, sessionId: string): Whereabouts | Promise<Whereabouts> {
    return this.options.whereIs(`${owner}${sessionId.slice(sessionId.indexOf('.'))}`);
  }

  #keep(live: LiveSession, text: string | undefined): KeptSession {
    const { engine, self } = this.options;
    const record = new KeptRecord(live, text, {
      engine,
      texts: this.#texts,
      self: self(),
      ttlMs: this.#ttlMs,
      over: () => {
        if (this.#kept.get(live.id) === record) this.#kept.delete(live.id);
      },
    });
    this.#kept.set(live.id, record);
    this.#unknown.delete(live.id);
    void record.update(now(), this.options.engineSince());
    if (this.#cancelTick === undefined) this.#tickLater();
    return record;
  }

  #tickLater(): void {
    if (this.#isClosed) return;
    this.#cancelTick = after(this.#tickMs, () => {
      void this.#tick();
    });
  }

  /** One after the other: the engine is never flooded, however many sessions there are. */
  async #tick(): Promise<void> {
    for (const record of [...this.#kept.values()]) await record.update(now(), this.options.engineSince());
    this.#cancelTick = undefined;
    if (this.#kept.size > 0) this.#tickLater();
  }
}

function isAdoptable(found: Adoptable | Missed): found is Adoptable {
  return typeof found === 'object' && 'text' in found;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function pause(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    after(ms, resolve);
  });
}
