import { expect, test } from 'vitest';
import { LoopDelay } from '../../benchmarks/scale/loop-delay.js';

test('counts work that holds up the event loop from the moment that the measurement has begun', async () => {
  const delay = await LoopDelay.start();
  const end = performance.now() + 40;
  while (performance.now() < end);

  // Less than the work would mean that it was in no interval.
  expect((await delay.stop()).maxMs).toBeGreaterThan(30);
});
