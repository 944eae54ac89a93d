import { afterEach, expect, it, vi } from 'vitest';
import { OncePerPeriod } from '../../src/proxy/once-per-period.js';

afterEach(() => {
  vi.useRealTimers();
});

it('lets each kind through once in a period', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const limit = new OncePerPeriod(1_000, 10);
  expect(['a', 'a', 'b', 'a'].map((kind) => limit.isDue(kind))).toEqual([true, false, true, false]);
  vi.advanceTimersByTime(1_000);
  expect(limit.isDue('a')).toBe(true);
});

it('lets no more kinds through than it can keep, until the period is over', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const limit = new OncePerPeriod(1_000, 2);
  expect(['a', 'b', 'c'].map((kind) => limit.isDue(kind))).toEqual([true, true, false]);
  vi.advanceTimersByTime(1_000);
  expect(limit.isDue('c')).toBe(true);
});
