/** What the engine of a cluster must be able to do. Everything else is ours, so that any store with a clock will do. */

/** No call of an engine takes longer. */
export const ENGINE_BOUND_MS = 1_000;

/** A lease as it stands in the engine. Its text is sealed: the engine is not trusted with it. */
export interface Lease {
  /** The incarnation of the node. */
  readonly node: string;
  readonly text: string;
}

/** What one beat brought back. */
export interface Beat {
  /** Every lease that has not run out, that of the caller included. */
  readonly leases: readonly Lease[];
  /** The text of the caller's lease before this beat. `undefined`: there was none, or it had run out. */
  readonly before: string | undefined;
  /** Since when the engine has its data, by its own time. It may have lost what it held before. */
  readonly since: number;
  /** The engine's time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A store that all nodes reach. Every method rejects when the engine is away, and within a bound: a caller never waits
 * for the engine to come back.
 */
export interface Engine {
  /** Loads what it needs. It is called before the first beat, so that a slow start is not taken for a dead engine. */
  readonly load?: () => Promise<unknown>;
  /** Renews a lease for `leaseMs` by the engine's own time, forgets those that have run out, and reads the others. */
  beat(lease: Lease, leaseMs: number): Promise<Beat>;
  /** Gives a lease back. */
  leave(node: string): Promise<void>;
  /** Writes a record, which is forgotten after `ttlMs`. */
  put(key: string, text: string, ttlMs: number): Promise<void>;
  /** @returns `undefined` if there is none */
  get(key: string): Promise<string | undefined>;
  /** Replaces a record if it still has the text `before`. @returns whether it had */
  replace(key: string, before: string, after: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
