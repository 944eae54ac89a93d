import type { RequestId } from '../routing/message.js';

/** Something that waits. */
export interface Waiting {
  /** Its place among all that were ever sent. */
  readonly nth: number;
  /** The id, if it is a request. */
  readonly id: RequestId | undefined;
  /** Those with the same key say the same thing. */
  readonly key: string | undefined;
  /** Since when it waits, in milliseconds of the caller's clock. */
  readonly since: number | undefined;
  /** The stream that it waits for. */
  readonly until: 'standalone' | 'any-stream';
  /** Its time is over, and it waits on, now for any stream. It does not become so in the room. */
  readonly isOverdue: boolean;
}

/** Who waits, in the order in which they were sent. It keeps no time and knows no streams. */
export class WaitingRoom<W extends Waiting> {
  #places = new Map<number, W>();
  readonly #placeOf = new Map<string, number>();
  #last = -1;
  /** Nobody has come back from a stream that went away, to wait before others who have waited for longer or less. */
  #isInOrderOfTime = true;
  #isSorted = true;
  #forAnyStream = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Somebody waits who may leave by the stream of a request. */
  get hasForAnyStream(): boolean {
    return this.#forAnyStream > 0;
  }

  /** Since when those wait whose time is not over yet: the first of them. */
  get oldestSince(): number | undefined {
    let oldest: number | undefined;
    for (const { isOverdue, since } of this.#places.values()) {
      if (isOverdue || since === undefined) continue;
      if (this.#isInOrderOfTime) return since;
      oldest = Math.min(oldest ?? Infinity, since);
    }
    return oldest;
  }

  /** The one that says the same. */
  same(key: string): W | undefined {
    const place = this.#placeOf.get(key);
    return place === undefined ? undefined : this.#places.get(place);
  }

  /** In its own place, or in that of the one that says the same. */
  add(waiting: W): void {
    const { key } = waiting;
    const place = (key === undefined ? undefined : this.#placeOf.get(key)) ?? waiting.nth;
    if (this.size === 0) this.#begin();
    if (place > this.#last) this.#last = place;
    else if (!this.#places.has(place)) this.#isInOrderOfTime = this.#isSorted = false;
    const before = this.#places.get(place);
    if (before !== undefined && isForAnyStream(before)) this.#forAnyStream -= 1;
    this.#places.set(place, waiting);
    if (isForAnyStream(waiting)) this.#forAnyStream += 1;
    if (key !== undefined) this.#placeOf.set(key, place);
  }

  /** Takes out the first of those whose time is over, and who wait on. */
  takeOverdue(): W | undefined {
    for (const [place, waiting] of this.#sorted()) {
      if (!waiting.isOverdue) continue;
      this.#leave(place, waiting);
      return waiting;
    }
    return undefined;
  }

  /** Takes out the request with this id. */
  takeRequest(id: RequestId): W | undefined {
    for (const [place, waiting] of this.#places) {
      if (waiting.id !== id) continue;
      this.#leave(place, waiting);
      return waiting;
    }
    return undefined;
  }

  /** Takes out those who have waited since `time` or longer, and are not overdue yet. */
  takeSince(time: number): W[] {
    const taken: W[] = [];
    for (const [place, waiting] of this.#sorted()) {
      if (waiting.isOverdue || waiting.since === undefined) continue;
      if (waiting.since > time) {
        if (this.#isInOrderOfTime) break;
        continue;
      }
      taken.push(waiting);
      this.#leave(place, waiting);
    }
    return taken;
  }

  takeAll(): W[] {
    const all = [...this.#sorted().values()];
    this.#places.clear();
    this.#placeOf.clear();
    this.#forAnyStream = 0;
    return all;
  }

  #begin(): void {
    this.#last = -1;
    this.#isInOrderOfTime = this.#isSorted = true;
  }

  #sorted(): ReadonlyMap<number, W> {
    if (!this.#isSorted) this.#places = new Map([...this.#places].sort(([one], [other]) => one - other));
    this.#isSorted = true;
    return this.#places;
  }

  #leave(place: number, waiting: W): void {
    const { key } = waiting;
    this.#places.delete(place);
    if (key !== undefined) this.#placeOf.delete(key);
    if (isForAnyStream(waiting)) this.#forAnyStream -= 1;
  }
}

function isForAnyStream(waiting: Waiting): boolean {
  return waiting.until === 'any-stream' || waiting.isOverdue;
}
