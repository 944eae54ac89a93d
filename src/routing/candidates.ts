import { Arrivals, type Linked } from './arrivals.js';
import type { OwnerRank } from './message.js';

/** A request in flight that may own a server-initiated message which names no request. */
interface Candidate<T> extends Linked<T> {
  readonly rank: OwnerRank;
}

/** The candidates in flight, by rank. A request whose rank is `'never'` is not among them. */
export class Candidates<T extends Candidate<T>> {
  readonly #first = new Arrivals<T>();
  readonly #second = new Arrivals<T>();

  /** The newest candidate whose stream is alive: one of the first rank or, if there is none, one of the second. */
  get newest(): T | undefined {
    return this.#first.newest ?? this.#second.newest;
  }

  /** How many requests may own the message. Those whose stream is gone are among them. */
  get count(): number {
    const first = this.#first.size;
    const second = this.#second.size;
    const allOfFirstAreAdrift = first > 0 && this.#first.newest === undefined;
    return allOfFirstAreAdrift ? first + second : first || second;
  }

  add(entry: T): void {
    this.#ofRank(entry.rank)?.add(entry);
  }

  remove(entry: T): void {
    this.#ofRank(entry.rank)?.remove(entry);
  }

  /** The stream of a candidate is gone: it is still counted, but it is never the newest. */
  setAside(entry: T): void {
    this.#ofRank(entry.rank)?.setAside(entry);
  }

  #ofRank(rank: OwnerRank): Arrivals<T> | undefined {
    if (rank === 'never') return undefined;
    return rank === 'first' ? this.#first : this.#second;
  }
}
