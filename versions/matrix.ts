/**
 * Runs the tests of the wrapper on each version of the SDK that the peer range admits, as far as
 * `lib/table.ts` says, and writes what comes of it into the README.
 *
 *     npm run matrix [-- [--keep] 1.13.0 2.0.0]
 *
 * A run of some versions only is not kept, unless it is told to be: then the rows of the others stay as they are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environment } from '../benchmarks/lib/environment.js';
import { intoMarkers } from '../benchmarks/lib/markers.js';
import { page, wasRun, type MatrixRow, type NotRun } from './lib/page.js';
import { keep } from './lib/results.js';
import { ROOT, runSuite } from './lib/suite.js';
import { SDK_VERSIONS, type SdkVersion } from './lib/table.js';

const KEEP = '--keep';
const args = process.argv.slice(2);
const wanted = args.filter((arg) => arg !== KEEP);
const isKept = wanted.length === 0 || args.includes(KEEP);
const known = wanted.length === 0 ? [] : await keptRows();
const chosen = SDK_VERSIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const rows: MatrixRow[] = [];
for (const version of chosen) {
  rows.push(await run(version));
  if (isKept) await keepRows(SDK_VERSIONS.map(({ name }) => rowOf(name)));
}

for (const { version, passed, failed, skipped, seconds, failures } of rows) {
  console.log(`SDK ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
  for (const failure of failures) console.log(`  ${failure}`);
}
const areGood = rows.every(({ failures, passed }) => failures.length === 0 && passed > 0);
process.exitCode = rows.length > 0 && areGood ? 0 : 1;

async function run({ name, alias, newest, files, only, without }: SdkVersion): Promise<MatrixRow> {
  const version = newest === undefined ? name : await installed(newest);
  console.log(`SDK ${version}`);
  const result = await runSuite({
    node: process.execPath,
    args: [...files, '-t', only],
    env: { MCP_BACKCHANNEL_TEST_SDK: alias ?? '' },
  });
  return { name, version, without, ...result };
}

/** What is known of a version now, or that nothing is. */
function rowOf(name: string): MatrixRow | NotRun {
  return [...rows, ...known].find((row) => row.name === name) ?? { name, version: name, without: [] };
}

async function keptRows(): Promise<MatrixRow[]> {
  const text = await readFile(join(ROOT, 'docs/results/matrix.json'), 'utf8').catch(() => '{"rows":[]}');
  return (JSON.parse(text) as { readonly rows: readonly (MatrixRow | NotRun)[] }).rows.filter(wasRun);
}

async function keepRows(all: readonly (MatrixRow | NotRun)[]): Promise<void> {
  const { date, commit, node } = environment();
  await keep('matrix', { date, commit, node, rows: all });
  await intoMarkers(join(ROOT, 'README.md'), { 'sdk-matrix': page(all) });
}

async function installed(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
