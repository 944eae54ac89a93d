import type { RequestId } from '../routing/message.js';

/** Something that waits. */
export interface Waiting {
  /** The id, if it is a request. */
  readonly id: RequestId | undefined;
  /** Those with the same key say the same thing. */
  readonly key: string | undefined;
  /** Since when it waits, in milliseconds of the caller's clock. */
  readonly since: number | undefined;
  /** Its time is over, and it waits on. */
  readonly isLate: boolean;
}

/** Who waits, in the order of arrival. It keeps no time and knows no streams. */
export class WaitingRoom<W extends Waiting> {
  readonly #waiting = new Set<W>();
  readonly #byKey = new Map<string, W>();

  get size(): number {
    return this.#waiting.size;
  }

  /** The first of those whose time is not over yet. */
  get oldest(): W | undefined {
    for (const waiting of this.#waiting) if (!waiting.isLate) return waiting;
    return undefined;
  }

  add(waiting: W): void {
    this.#waiting.add(waiting);
    if (waiting.key !== undefined) this.#byKey.set(waiting.key, waiting);
  }

  /** Takes out the one that says the same. */
  takeSame(key: string): W | undefined {
    const same = this.#byKey.get(key);
    if (same !== undefined) this.#take(same);
    return same;
  }

  /** Takes out the request with this id. */
  takeRequest(id: RequestId): W | undefined {
    for (const waiting of this.#waiting) {
      if (waiting.id !== id) continue;
      this.#take(waiting);
      return waiting;
    }
    return undefined;
  }

  /** Takes out those who have waited since `time` or longer, and are not late yet. */
  takeSince(time: number): W[] {
    const taken: W[] = [];
    for (const waiting of this.#waiting) {
      if (waiting.isLate || waiting.since === undefined) continue;
      // The others came later.
      if (waiting.since > time) break;
      taken.push(waiting);
    }
    for (const waiting of taken) this.#take(waiting);
    return taken;
  }

  takeAll(): W[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    this.#byKey.clear();
    return all;
  }

  #take(waiting: W): void {
    this.#waiting.delete(waiting);
    if (waiting.key !== undefined) this.#byKey.delete(waiting.key);
  }
}
