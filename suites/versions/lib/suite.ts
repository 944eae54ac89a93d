import { delimiter, dirname } from 'node:path';
import { ROOT } from '../../lib/results.js';
import { failuresOf, runVitest } from '../../lib/vitest.js';

/** What a run of the suite depends on: all but what results are written to. */
export const MEASURED: readonly string[] = ['.', ':!docs', ':!*.md', ':!benchmarks/results'];

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** The full names of tests that failed, and files that could not be run. */
  readonly failures: readonly string[];
}

export interface SuiteOptions {
  /** The program to run it with. */
  readonly node: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the test suite, or a part of it, and shows what it says. */
export async function runSuite({ node, args, env = {} }: SuiteOptions): Promise<SuiteResult> {
  const started = performance.now();
  const { passed: isPassed, report } = await runVitest({
    folder: ROOT,
    args,
    node,
    // What tests start by the name of `node` is of the same version.
    env: { ...env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
    isShown: true,
  });
  if (report === undefined) throw new Error('the run has come to no end');
  const failures = failuresOf(report);
  // Errors that no test waits for, such as unhandled rejections, are in no test's result.
  if (!isPassed && failures.length === 0) failures.push('vitest has failed, and no test');
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  return { passed, failed, skipped, seconds: Math.round((performance.now() - started) / 1_000), failures };
}
