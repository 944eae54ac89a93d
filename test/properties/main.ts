/** `npm run properties`: as many sequences as it takes to believe it. */
import { environment } from '../../suites/lib/environment.js';
import { keep } from '../../suites/lib/results.js';
import { taken } from './model/commands.js';
import { runFrom, search } from './model/property.js';

const { date, commit, node, machine } = environment(['src', 'test/properties', 'package.json']);
const run = runFrom(process.env, 100_000);
const began = Date.now();
console.log(`${run.runs} sequences, seed ${run.seed}`);
await search(run);
// Our own transport after the wrapper, unless one of the two was asked for.
const { PROPERTY_OWN_RUNS: ownRuns = run.runs / 10 } = process.env;
if (run.path === undefined && !run.isOfOwn) await search({ ...run, runs: Math.ceil(Number(ownRuns)), isOfOwn: true });
const seconds = Math.round((Date.now() - began) / 100) / 10;
console.log(`${run.runs} sequences, ${taken.steps} steps, seed ${run.seed}, ${seconds} s: no counter-example`);

const result = {
  ...{ date, commit, node, machine },
  seed: run.seed,
  sequences: run.runs,
  commands: taken.steps,
  seconds,
};
// A replay, or a short run, is no result to report.
if (run.path === undefined && run.runs >= 100_000) await keep('properties', result);
