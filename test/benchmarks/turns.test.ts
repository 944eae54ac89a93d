import { expect, test } from 'vitest';
import { inTurn } from '../../benchmarks/lib/turns.js';

test('every second round goes the other way, and every two begin with the next', () => {
  const rounds = [-1, 0, 1, 2, 3].map((round) => inTurn(['a', 'b', 'c', 'd'], round).join(''));

  expect(rounds).toEqual(['abcd', 'abcd', 'dcba', 'bcda', 'cbad']);
});

test.each([2, 3, 15])('of %i nobody comes first in more than three of five rounds', (count) => {
  const values = Array.from({ length: count }, (_, index) => index);
  const first = [0, 1, 2, 3, 4].map((round) => inTurn(values, round)[0]);

  for (const value of values) expect(first.filter((other) => other === value).length).toBeLessThanOrEqual(3);
});

test('there may be nobody', () => {
  expect(inTurn([], 3)).toEqual([]);
});
