/**
 * Who comes when in a round: every second round goes the other way, and every two begin with the next,
 * so that nobody always comes first, nor always after the same neighbour.
 *
 * @param round from 0; what comes before is to warm up, and goes as the first
 */
export function inTurn<T>(values: readonly T[], round: number): T[] {
  const turn = Math.max(round, 0);
  const order = turn % 2 === 0 ? values : [...values].reverse();
  const from = values.length === 0 ? 0 : (turn >> 1) % values.length;
  return [...order.slice(from), ...order.slice(0, from)];
}
