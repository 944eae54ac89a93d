import { putBounded } from './bounded.js';

/** How many are remembered: who comes back late comes back for the newest. */
const MAX_REMEMBERED = 1_024;

/** A set that remembers the newest of what it was given. */
export class Recent<T> {
  // Most stay empty, and there may be many idle sessions.
  #values: Map<T, true> | undefined;

  add(value: T): void {
    putBounded((this.#values ??= new Map()), value, true, MAX_REMEMBERED);
  }

  has(value: T): boolean {
    return this.#values?.has(value) === true;
  }

  /** @returns whether it was there */
  delete(value: T): boolean {
    return this.#values?.delete(value) === true;
  }
}
