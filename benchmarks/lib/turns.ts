/**
 * Orders the values of one round. Every second round runs in reverse, and every second round the start moves on by one.
 * So no value always comes first, nor always after the same neighbour.
 *
 * @param round counts from 0; a negative one is a warm-up, and has the order of round 0
 */
export function inTurn<T>(values: readonly T[], round: number): T[] {
  const turn = Math.max(round, 0);
  const order = turn % 2 === 0 ? values : [...values].reverse();
  const from = values.length === 0 ? 0 : (turn >> 1) % values.length;
  return [...order.slice(from), ...order.slice(0, from)];
}
