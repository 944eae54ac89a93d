import { putBounded } from './bounded.js';

/** How many are remembered: a latecomer asks for one of the newest. */
const MAX_REMEMBERED = 1_024;

/** A set that remembers the newest of the values that were added. */
export class RecentSet<T> {
  // Most sets stay empty, and there may be many idle sessions.
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
