import { pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { LoopDelay } from '../../benchmarks/scale/loop-delay.js';

test('counts work that holds up the event loop from the moment that the measurement has begun', async () => {
  const delay = await LoopDelay.start();
  const began = performance.now();
  pbkdf2Sync('work', 'salt', 100_000, 64, 'sha512');
  const workedMs = performance.now() - began;

  // However long the work took, it is within one interval: it is seen whole, or it was in none.
  const { maxMs, p99Ms } = await delay.stop();
  expect(maxMs).toBeGreaterThan(workedMs / 2);
  expect(p99Ms).toBe(maxMs);
});
