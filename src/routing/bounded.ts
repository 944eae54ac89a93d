/** Puts a value into a map that keeps no more than `limit`: one too many puts out the oldest. */
export function putBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size <= limit) return;
  const [oldest] = map.keys();
  map.delete(oldest as K);
}
