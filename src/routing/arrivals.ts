/** An element of {@link Arrivals}. It carries its own neighbours, so that removing it needs no search. */
export interface Linked<T> {
  older: T | undefined;
  newer: T | undefined;
}

/**
 * Elements in the order of their arrival. Adding, removing and finding the newest are O(1). An array or a `Map` would have
 * to be searched for the newest element when others are removed from the middle.
 */
export class Arrivals<T extends Linked<T>> {
  #newest: T | undefined;
  #size = 0;
  /** Most lists have none. */
  #aside: Set<T> | undefined;

  get newest(): T | undefined {
    return this.#newest;
  }

  get size(): number {
    return this.#size + (this.#aside?.size ?? 0);
  }

  /** All but those that were set aside. It visits each of them. */
  oldestFirst(): T[] {
    const elements: T[] = [];
    for (let element = this.#newest; element !== undefined; element = element.older) elements.push(element);
    return elements.reverse();
  }

  add(element: T): void {
    element.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = element;
    this.#newest = element;
    this.#size += 1;
  }

  /** @param element must have been added: the caller ensures it */
  remove(element: T): void {
    if (this.#aside?.delete(element) === true) return;
    this.#unlink(element);
  }

  /** Takes an element out of the order but keeps it: it is counted, and it is never the newest. */
  setAside(element: T): void {
    if (this.#aside?.has(element) === true) return;
    this.#unlink(element);
    (this.#aside ??= new Set()).add(element);
  }

  #unlink(element: T): void {
    if (element.newer === undefined) this.#newest = element.older;
    else element.newer.older = element.older;
    if (element.older !== undefined) element.older.newer = element.newer;
    element.older = undefined;
    element.newer = undefined;
    this.#size -= 1;
  }
}
