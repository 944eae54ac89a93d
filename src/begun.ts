import { BriefMap } from './routing/brief-map.js';
import type { RequestId } from './routing/message.js';

/** What has begun and not ended, by id. If an id is used twice at once, both are kept: two answers are due. */
export class Begun<T extends object> {
  /** Of each id, the oldest. */
  readonly #first = new BriefMap<RequestId, T>();
  /** The others. Few clients use an id twice. */
  #others: Map<RequestId, T[]> | undefined;

  /** One that is used twice is there twice. */
  get ids(): RequestId[] {
    return [...this.#first.keys()].flatMap((id) => [id, ...(this.#others?.get(id)?.map(() => id) ?? [])]);
  }

  get size(): number {
    return this.#first.size;
  }

  *values(): Iterable<T> {
    for (const [id, first] of this.#first) {
      yield first;
      yield* this.#others?.get(id) ?? [];
    }
  }

  add(id: RequestId, value: T): void {
    if (!this.#first.has(id)) {
      this.#first.set(id, value);
      return;
    }
    const others = (this.#others ??= new Map<RequestId, T[]>()).get(id);
    if (others === undefined) this.#others.set(id, [value]);
    else others.push(value);
  }

  /** The one that an answer belongs to: backends answer in order, as far as anybody can know. */
  oldest(id: RequestId): T | undefined {
    return this.#first.get(id);
  }

  /** The one that came last. */
  newest(id: RequestId): T | undefined {
    return this.#others?.get(id)?.at(-1) ?? this.#first.get(id);
  }

  /** Removes one. @param which `'newest'`: it was refused when it came */
  end(id: RequestId, which: 'oldest' | 'newest' = 'oldest'): T | undefined {
    const oldest = this.#first.get(id);
    const others = this.#others?.get(id);
    if (others === undefined) {
      this.#first.delete(id);
      return oldest;
    }
    const other = which === 'oldest' ? others.shift() : others.pop();
    if (others.length === 0) this.#others?.delete(id);
    if (which === 'newest' || other === undefined) return other;
    // It is the oldest now, and keeps the place of the one before.
    this.#first.set(id, other);
    return oldest;
  }
}
