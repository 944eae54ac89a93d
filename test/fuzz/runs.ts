/** How much is tried, and from which seed: `FUZZ_SEED` repeats a run, `FUZZ_RUNS` makes it longer. */
import fc from 'fast-check';
import type { RunnerTestCase as Test } from 'vitest';
import { getCurrentTest } from 'vitest/suite';

/** A few in `npm test`, many in `npm run fuzz`. */
const FACTOR = process.env['FUZZ'] === 'long' ? 200 : 1;

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** What was thrown and rejected without anybody to catch it. */
const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
process.on('uncaughtExceptionMonitor', (error) => unhandled.push(error));

/**
 * @param usual how many inputs are tried in `npm test`
 * @returns how many were tried now
 */
export async function fuzz<T>(
  usual: number,
  input: fc.Arbitrary<T>,
  check: (input: T) => Promise<void> | void,
): Promise<number> {
  const numRuns = Number(process.env['FUZZ_RUNS'] ?? usual * FACTOR);
  const names = Object.getOwnPropertyNames(Object.prototype);
  const property = fc.asyncProperty(input, async (value) => {
    await check(value);
    // RxJS throws what it cannot hand on from a timer, a turn later.
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (unhandled.length > 0) throw new Error(`nobody caught: ${unhandled.splice(0).map(describe).join(', ')}`);
    const added = Object.getOwnPropertyNames(Object.prototype).filter((name) => !names.includes(name));
    if (added.length > 0) throw new Error(`every object now has ${added.join(', ')}`);
  });
  console.log(`FUZZ_SEED=${seed} FUZZ_RUNS=${numRuns}`);
  // For the report of a long run.
  Object.assign(getCurrentTest<Test>().meta, { inputs: numRuns });
  await fc.assert(property, { seed, numRuns });
  return numRuns;
}

/** Anything may have been thrown, also what cannot be made a string of. */
function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : typeof thrown;
}
