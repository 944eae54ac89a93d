/**
 * Runs the long form of some tests, and keeps the result. A partial run is not kept.
 *
 *     npm run fuzz    (FUZZ_SEED repeats a run, FUZZ_RUNS tries another number of inputs)
 *     npm run faults [-- test/faults/clock.test.ts]
 *     npm run faults:cluster
 */
import { environment } from '../lib/environment.js';
import { keep, minutesSince, ROOT } from '../lib/results.js';
import { failuresOf, runVitest } from '../lib/vitest.js';

const FORMS = {
  fuzz: { folder: 'test/fuzz', timeoutMs: 3_600_000, env: { FUZZ: 'long' } },
  faults: { folder: 'test/faults', timeoutMs: 600_000, env: { FAULTS: 'long' } },
  'cluster-faults': { folder: 'test/cluster/faults', timeoutMs: 600_000, env: { FAULTS: 'long' } },
} as const;

const [name = '', ...rest] = process.argv.slice(2);
if (!isForm(name))
  throw new TypeError(`there is no long form of '${name}', but of ${Object.keys(FORMS).join(' and ')}`);
const { folder, timeoutMs, env } = FORMS[name];
const { FUZZ_SEED, FUZZ_RUNS } = process.env;
const seed = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);

// What is tested, before it may change under the run.
const { date, commit, node, machine } = environment(['src', 'examples', folder, 'test/support', 'package.json']);
const started = performance.now();
const { passed, report } = await runVitest({
  folder: ROOT,
  args: [...(rest.length === 0 ? [folder] : rest), `--testTimeout=${timeoutMs}`],
  env: { ...env, FUZZ_SEED: String(seed) },
  isShown: true,
});
process.exitCode = passed ? 0 : 1;
if (report === undefined) throw new Error('the run has come to no end');

if (rest.length === 0 && FUZZ_RUNS === undefined) {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const inputs = tests.reduce((sum, { meta }) => sum + Number(meta['inputs'] ?? 0), 0);
  await keep(name, {
    ...{ date, commit, node, machine },
    ...(name === 'fuzz' && { seed, inputs }),
    minutes: minutesSince(started),
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
    failures: failuresOf(report),
  });
}

function isForm(form: string): form is keyof typeof FORMS {
  return form in FORMS;
}
