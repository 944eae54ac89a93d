import type { RequestId } from '../routing/message.js';

/** Something that waits. */
export interface Waiting {
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

/** Who waits, in the order of arrival. It keeps no time and knows no streams. */
export class WaitingRoom<W extends Waiting> {
  readonly #places = new Map<number, W>();
  readonly #placeOf = new Map<string, number>();
  #nextPlace = 0;
  #forAnyStream = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Somebody waits who may leave by the stream of a request. */
  get hasForAnyStream(): boolean {
    return this.#forAnyStream > 0;
  }

  /** The first of those whose time is not over yet. */
  get oldest(): W | undefined {
    for (const waiting of this.#places.values()) if (!waiting.isOverdue) return waiting;
    return undefined;
  }

  /** The one that says the same. */
  same(key: string): W | undefined {
    const place = this.#placeOf.get(key);
    return place === undefined ? undefined : this.#places.get(place);
  }

  /** At the end, or in the place of the one that says the same. */
  add(waiting: W): void {
    const { key } = waiting;
    const place = (key === undefined ? undefined : this.#placeOf.get(key)) ?? this.#nextPlace++;
    const before = this.#places.get(place);
    if (before !== undefined && isForAnyStream(before)) this.#forAnyStream -= 1;
    this.#places.set(place, waiting);
    if (isForAnyStream(waiting)) this.#forAnyStream += 1;
    if (key !== undefined) this.#placeOf.set(key, place);
  }

  /** Takes out the first of those whose time is over, and who wait on. */
  takeOverdue(): W | undefined {
    for (const [place, waiting] of this.#places) {
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
    for (const [place, waiting] of this.#places) {
      if (waiting.isOverdue || waiting.since === undefined) continue;
      // The others came later.
      if (waiting.since > time) break;
      taken.push(waiting);
      this.#leave(place, waiting);
    }
    return taken;
  }

  takeAll(): W[] {
    const all = [...this.#places.values()];
    this.#places.clear();
    this.#placeOf.clear();
    this.#forAnyStream = 0;
    return all;
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
