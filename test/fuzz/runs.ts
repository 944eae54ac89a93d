/**
 * How much is tried, and from which seed: `FUZZ_SEED` repeats a run, `FUZZ_RUNS` makes it longer, and `FUZZ_PATH` with
 * the seed tries the one input that a run has failed with. A failure prints the command that does.
 */
import fc from 'fast-check';
import type { RunnerTestCase as Test } from 'vitest';
import { getCurrentTest } from 'vitest/suite';
import { commandOf, vitestOf } from '../support/replay.js';

/** A few in `npm test`, many in `npm run fuzz`. */
const FACTOR = process.env['FUZZ'] === 'long' ? 200 : 1;

const path = process.env['FUZZ_PATH'];
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
  const test = getCurrentTest<Test>();
  Object.assign(test.meta, { inputs: numRuns });
  // What has been shrunk need not be shrunk again.
  const only = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(property, { seed, numRuns, includeErrorInReport: true, ...only });
  if (details.failed) throw new Error(failureOf(details, test), { cause: details.errorInstance });
  return details.numRuns;
}

/** What has failed, and the command that shows it again. */
function failureOf<T>(details: fc.RunDetails<[T]>, test: Pick<Test, 'file' | 'fullTestName'>): string {
  const { seed, counterexamplePath } = details;
  const variables = { FUZZ_SEED: seed, ...(counterexamplePath !== null && { FUZZ_PATH: counterexamplePath }) };
  const again = commandOf(variables, vitestOf(test.file.name, test.fullTestName));
  return `${fc.defaultReportMessage(details) ?? 'failed'}\n\nAgain: ${again}`;
}

/** Anything may have been thrown, also what cannot be made a string of. */
function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : typeof thrown;
}
