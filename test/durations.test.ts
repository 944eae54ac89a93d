import { expect, it } from 'vitest';
import { durationMs } from '../src/durations.js';

it.each([
  ['0', 0],
  ['1500', 1_500],
  ['500ms', 500],
  ['5s', 5_000],
  ['1.5s', 1_500],
  ['2m', 120_000],
])('reads the duration %s as %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each(['', 's', '-1', '5 s', '5h', '1e3', 'Infinity', '0x10', '5s5s', '40000m'])(
  'refuses the duration %j',
  (text) => {
    expect(durationMs(text)).toBeUndefined();
  },
);
