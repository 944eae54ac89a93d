/**
 * A map for what is there only for a short time, such as a call until its answer. It is used as a `Map`, but it is kinder to
 * the garbage collector.
 *
 * Whenever entries come and go, a `Map` moves to a new table, and the old table points to the new one for the sake of iterators
 * under way. As soon as one of these tables is old, V8 takes all that follow for alive until its next major collection, and
 * with them what they held when they were left: for a proxy, each call with its request and its response. So a value is
 * taken out of its place when it goes, and a map that gets empty begins anew.
 */
export class BriefMap<K, V extends object | string | number> {
  #places: Map<K, Place<V>> | undefined;

  get size(): number {
    return this.#places?.size ?? 0;
  }

  has(key: K): boolean {
    return this.#places?.has(key) === true;
  }

  get(key: K): V | undefined {
    return this.#places?.get(key)?.value;
  }

  /** Adds a value, or replaces the one with the same key, in whose place it is then. */
  set(key: K, value: V): void {
    const places = (this.#places ??= new Map<K, Place<V>>());
    const place = places.get(key);
    if (place === undefined) places.set(key, { value });
    else place.value = value;
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    const places = this.#places;
    const place = places?.get(key);
    if (places === undefined || place === undefined) return false;
    place.value = undefined;
    if (places.size === 1) this.#places = undefined;
    else places.delete(key);
    return true;
  }

  clear(): void {
    for (const place of this.#places?.values() ?? []) place.value = undefined;
    this.#places = undefined;
  }

  /** In the order in which they were added, as all of the following. What is deleted meanwhile is left out. */
  *keys(): Generator<K, void> {
    for (const [key] of this) yield key;
  }

  *values(): Generator<V, void> {
    for (const { value } of this.#places?.values() ?? []) if (value !== undefined) yield value;
  }

  *[Symbol.iterator](): Generator<[K, V], void> {
    for (const [key, { value }] of this.#places ?? []) if (value !== undefined) yield [key, value];
  }
}

interface Place<V> {
  /** `undefined` once it is deleted. */
  value: V | undefined;
}
