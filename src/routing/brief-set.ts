import { BriefMap } from './brief-map.js';

/** A set for what is there only for a short time. It spares the garbage collector what `BriefMap` spares it. */
export class BriefSet<T extends object> {
  readonly #members = new BriefMap<number, T>();
  #last = 0;

  get size(): number {
    return this.#members.size;
  }

  /** @param member is not in the set. @returns takes it out again */
  add(member: T): () => void {
    const number = ++this.#last;
    this.#members.set(number, member);
    return () => {
      this.#members.delete(number);
    };
  }

  /** In the order in which they were added. What is taken out meanwhile is left out. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }
}
