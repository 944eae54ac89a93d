import { Arrivals, type Linked } from './arrivals.js';
import type { OwnerRank } from './message.js';

/** A request that may own a server-initiated message which names no request. */
interface Candidate<T> extends Linked<T> {
  readonly rank: OwnerRank;
}

/**
 * The candidates, by rank: requests in flight, and cancelled ones that are not answered. A request whose rank is `'never'`
 * is not among them.
 */
export class Candidates<T extends Candidate<T>> {
  readonly #first = new Arrivals<T>();
  readonly #second = new Arrivals<T>();

  /** The newest candidate whose stream is alive: one of the first rank or, if there is none, one of the second. */
  get newest(): T | undefined {
    return this.#first.newest ?? this.#second.newest;
  }

  /** How many requests may own the message. Those that were set aside are among them. */
  get count(): number {
    const first = this.#first.size;
    const second = this.#second.size;
    const allOfFirstAreAside = first > 0 && this.#first.newest === undefined;
    return allOfFirstAreAside ? first + second : first || second;
  }

  add(entry: T): void {
    this.#ofRank(entry.rank)?.add(entry);
  }

  remove(entry: T): void {
    this.#ofRank(entry.rank)?.remove(entry);
  }

  /** The stream of a candidate is gone, or the client has cancelled it: it is still counted, but it is never the newest. */
  setAside(entry: T): void {
    this.#ofRank(entry.rank)?.setAside(entry);
  }

  #ofRank(rank: OwnerRank): Arrivals<T> | undefined {
    if (rank === 'never') return undefined;
    return rank === 'first' ? this.#first : this.#second;
  }
}
