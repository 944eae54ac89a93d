import type { RequestId } from '../routing/message.js';

/** What has begun and not ended, by id. If an id is used twice at once, both are kept: two answers are due. */
export class Begun<T> {
  readonly #all = new Map<RequestId, T[]>();

  /** One that is used twice is there twice. */
  get ids(): RequestId[] {
    return [...this.#all].flatMap(([id, values]) => values.map(() => id));
  }

  get size(): number {
    return this.#all.size;
  }

  *values(): Iterable<T> {
    for (const values of this.#all.values()) yield* values;
  }

  add(id: RequestId, value: T): void {
    const others = this.#all.get(id);
    if (others === undefined) this.#all.set(id, [value]);
    else others.push(value);
  }

  /** The one that an answer belongs to: backends answer in order, as far as anybody can know. */
  oldest(id: RequestId): T | undefined {
    return this.#all.get(id)?.[0];
  }

  /** Removes one. @param which `'newest'`: it was refused when it came */
  end(id: RequestId, which: 'oldest' | 'newest' = 'oldest'): T | undefined {
    const values = this.#all.get(id);
    const ended = which === 'oldest' ? values?.shift() : values?.pop();
    if (values?.length === 0) this.#all.delete(id);
    return ended;
  }
}
