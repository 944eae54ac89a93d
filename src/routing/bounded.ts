/** Puts a value into a map that keeps at most `limit` values. One too many removes the oldest. */
export function putBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size <= limit) return;
  const [oldest] = map.keys();
  map.delete(oldest as K);
}
