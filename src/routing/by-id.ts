import { BriefMap } from './brief-map.js';
import type { RequestId } from './message.js';

/**
 * A map from ids to values, in the order of insertion. The first value is kept outside the table: mostly there is only
 * one, and a session with nothing in flight has no table.
 */
export class ById<T extends { readonly id: RequestId }> {
  /** The oldest value, unless it was removed before the others. */
  #first: T | undefined;
  #others: BriefMap<RequestId, T> | undefined;

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(id: RequestId): T | undefined {
    return this.#first?.id === id ? this.#first : this.#others?.get(id);
  }

  /** Adds a value, or replaces the one with the same id. */
  set(value: T): void {
    const isAlone = this.#first === undefined && (this.#others?.size ?? 0) === 0;
    if (isAlone || this.#first?.id === value.id) this.#first = value;
    else (this.#others ??= new BriefMap()).set(value.id, value);
  }

  delete(id: RequestId): void {
    if (this.#first?.id === id) this.#first = undefined;
    else this.#others?.delete(id);
  }

  clear(): void {
    this.#first = this.#others = undefined;
  }

  *values(): IterableIterator<T> {
    if (this.#first !== undefined) yield this.#first;
    if (this.#others !== undefined) yield* this.#others.values();
  }
}
