import type { RequestId } from '../routing/message.js';

/** A message that waits for a stream. */
export interface Queued {
  /** Its place in the order of all `send()` calls. */
  readonly nth: number;
  /** The id, if it is a request. */
  readonly id: RequestId | undefined;
  /** Messages with the same key carry the same news. */
  readonly key: string | undefined;
  /** The length of its JSON text. */
  readonly bytes: number;
  /** Since when it waits, in milliseconds of the caller's clock. */
  readonly since: number | undefined;
  /** The stream that it waits for. */
  readonly until: 'standalone' | 'any-stream';
  /** Its time is over, and it waits on, now for any stream. This does not change while it is in the queue. */
  readonly isOverdue: boolean;
}

/** The parked messages, in the order of their `send()` calls. It has no clock and knows no streams. */
export class ParkedQueue<M extends Queued> {
  #places = new Map<number, M>();
  readonly #placeOf = new Map<string, number>();
  #last = -1;
  /** No message has come back from a stream that went away, to a place among messages that were parked earlier or later. */
  #isInOrderOfTime = true;
  #isSorted = true;
  #forAnyStream = 0;
  #bytes = 0;

  get size(): number {
    return this.#places.size;
  }

  /** The length of all of them together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A message waits that may leave by the stream of a request. */
  get hasForAnyStream(): boolean {
    return this.#forAnyStream > 0;
  }

  /** Since when the first of the messages waits whose time is not over yet. */
  get oldestSince(): number | undefined {
    let oldest: number | undefined;
    for (const { isOverdue, since } of this.#places.values()) {
      if (isOverdue || since === undefined) continue;
      if (this.#isInOrderOfTime) return since;
      oldest = Math.min(oldest ?? Infinity, since);
    }
    return oldest;
  }

  /** The message that carries the same news. */
  same(key: string): M | undefined {
    const place = this.#placeOf.get(key);
    return place === undefined ? undefined : this.#places.get(place);
  }

  /** Adds a message in its own place, or in the place of the one that carries the same news. */
  add(message: M): void {
    const { key } = message;
    const place = (key === undefined ? undefined : this.#placeOf.get(key)) ?? message.nth;
    if (this.size === 0) this.#begin();
    if (place > this.#last) this.#last = place;
    else if (!this.#places.has(place)) this.#isInOrderOfTime = this.#isSorted = false;
    const before = this.#places.get(place);
    if (before !== undefined) this.#count(before, -1);
    this.#places.set(place, message);
    this.#count(message, 1);
    if (key !== undefined) this.#placeOf.set(key, place);
  }

  /** Takes out the first message whose time is over and that waits on. */
  takeOverdue(): M | undefined {
    for (const [place, message] of this.#sorted()) {
      if (!message.isOverdue) continue;
      this.#leave(place, message);
      return message;
    }
    return undefined;
  }

  /** Takes out the request with this id. */
  takeRequest(id: RequestId): M | undefined {
    for (const [place, message] of this.#places) {
      if (message.id !== id) continue;
      this.#leave(place, message);
      return message;
    }
    return undefined;
  }

  /** Takes out the messages that have waited since `time` or longer, and are not overdue yet. */
  takeSince(time: number): M[] {
    const taken: M[] = [];
    for (const [place, message] of this.#sorted()) {
      if (message.isOverdue || message.since === undefined) continue;
      if (message.since > time) {
        if (this.#isInOrderOfTime) break;
        continue;
      }
      taken.push(message);
      this.#leave(place, message);
    }
    return taken;
  }

  takeAll(): M[] {
    const all = [...this.#sorted().values()];
    this.#places.clear();
    this.#placeOf.clear();
    this.#forAnyStream = this.#bytes = 0;
    return all;
  }

  #begin(): void {
    this.#last = -1;
    this.#isInOrderOfTime = this.#isSorted = true;
  }

  #sorted(): ReadonlyMap<number, M> {
    if (!this.#isSorted) this.#places = new Map([...this.#places].sort(([one], [other]) => one - other));
    this.#isSorted = true;
    return this.#places;
  }

  #leave(place: number, message: M): void {
    const { key } = message;
    this.#places.delete(place);
    if (key !== undefined) this.#placeOf.delete(key);
    this.#count(message, -1);
  }

  #count(message: M, by: 1 | -1): void {
    if (isForAnyStream(message)) this.#forAnyStream += by;
    this.#bytes += by * message.bytes;
  }
}

function isForAnyStream(message: Queued): boolean {
  return message.until === 'any-stream' || message.isOverdue;
}
