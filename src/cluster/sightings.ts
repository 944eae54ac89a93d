import type { LeaseNote } from './lease-text.js';

/** When a node was last seen to live. Times are on our own clock: those of other machines may be an hour off. */
export interface Sighting extends LeaseNote {
  /** When its beat was first seen to have this number. */
  readonly at: number;
}

/** What is known when the leases have been read. */
export interface Look {
  /** When the leases were asked for: no later than the engine read them. */
  readonly askedAt: number;
  /** When they came: no sooner. */
  readonly now: number;
  readonly leaseMs: number;
  /** Since when the engine answers, and remembers what it was told. */
  readonly steadySince: number;
  /** How long nodes have, after the engine came back, to write their leases again. */
  readonly graceMs: number;
}

export interface Seen {
  readonly living: ReadonlyMap<string, Sighting>;
  readonly gone: readonly Sighting[];
}

/**
 * Who lives, as the leases tell.
 *
 * | its lease       | the engine                | verdict                               |
 * | --------------- | ------------------------- | ------------------------------------- |
 * | with a new beat | –                         | lives                                 |
 * | with an old one | steady for a lease        | gone when the beat is older than that |
 * | missing         | steady through the grace  | gone                                  |
 * | missing         | was away, or lost its data| lives: it could not say so            |
 *
 * @param buried the last beat of each node that is gone. It lives again when it counts on: it was cut off from the engine
 */
export function look(
  known: ReadonlyMap<string, Sighting>,
  leases: readonly LeaseNote[],
  buried: ReadonlyMap<string, number>,
  at: Look,
): Seen {
  const listed = new Map(leases.map((lease) => [lease.node.id, lease]));
  const living = new Map<string, Sighting>();
  const gone: Sighting[] = [];
  for (const [id, sighting] of known) {
    const seen = seenAgain(sighting, listed.get(id), at);
    if (seen === undefined) gone.push(sighting);
    else living.set(id, seen);
    listed.delete(id);
  }
  for (const [id, lease] of listed)
    if (lease.beat > (buried.get(id) ?? -Infinity)) living.set(id, { ...lease, at: at.now });
  return { living, gone };
}

/** Whether a lease that is missing tells anything. */
export function isSteady({ now, steadySince, graceMs }: Pick<Look, 'now' | 'steadySince' | 'graceMs'>): boolean {
  return now - steadySince >= graceMs;
}

function seenAgain(sighting: Sighting, lease: LeaseNote | undefined, at: Look): Sighting | undefined {
  if (lease === undefined) return isSteady(at) ? undefined : sighting;
  if (lease.beat > sighting.beat) return { ...lease, at: at.now };
  return at.askedAt - Math.max(sighting.at, at.steadySince) > at.leaseMs ? undefined : sighting;
}

/** What a node knows of itself when its beat came back. */
export interface OwnBeat {
  /** Whether the engine had lost its lease. */
  readonly wasMissing: boolean;
  /** Whether the engine was away since the last beat that came back. */
  readonly wasAway: boolean;
  /** Whether it stood still for more than a lease while the engine was up. */
  readonly wasFrozen: boolean;
  /** How long ago the last beat came back. */
  readonly sinceMs: number;
  /** The most that the beat of another node has counted on since. */
  readonly othersCounted: number;
  readonly leaseMs: number;
  readonly beatMs: number;
}

/**
 * Whether this node was frozen, so that the others took it for dead. An engine that was away, or has lost its data, looks
 * alike: then nobody was.
 */
export function wasBuried(own: OwnBeat): boolean {
  if (!own.wasMissing) return false;
  if (own.wasFrozen) return true;
  // The clock of a virtual machine stands still while the machine is suspended. The others counted on.
  return !own.wasAway && own.othersCounted * own.beatMs > own.leaseMs + own.sinceMs + own.beatMs;
}
