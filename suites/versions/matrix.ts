/**
 * Runs the tests of the wrapper on each version of the SDK that the peer range admits. `lib/table.ts` says which tests
 * run on which version. Writes the results into docs/compatibility.md.
 *
 *     npm run matrix [-- [--keep] 1.13.0 2.0.0]
 *
 * A run of only some versions is kept only with `--keep`. The rows of the other versions then stay as they are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environment } from '../lib/environment.js';
import { ROOT } from '../lib/results.js';
import { intoPage, keepRows, keptRows } from './lib/kept.js';
import type { MatrixRow } from './lib/page.js';
import { MEASURED, runSuite } from './lib/suite.js';
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
  if (!isKept) continue;
  await keepRows([...rows, ...known]);
  await intoPage();
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
  const { date, commit, node, machine } = environment(MEASURED);
  const result = await runSuite({
    node: process.execPath,
    args: [...files, '-t', only],
    env: { MCP_BACKCHANNEL_TEST_SDK: alias ?? '' },
  });
  return { name, version, without, date, commit, node, machine, ...result };
}

async function installed(name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
