/**
 * Runs the test suite on each supported version of Node. Takes each version from its package in this folder, whichever
 * version runs this program. A whole run of a version is kept in `docs/results/node.json`, next to those of other
 * versions. A run of only some files is not kept.
 *
 *     npm run test:node [-- 20|22|24] [files]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { environment, type Environment } from '../lib/environment.js';
import { keep, ROOT } from '../lib/results.js';
import { MEASURED, runSuite, type SuiteResult } from './lib/suite.js';

/** As in `package.json` of this folder. */
const KNOWN = ['20', '22', '24'] as const;

interface NodeResult extends SuiteResult, Omit<Environment, 'node'> {
  readonly version: string;
}

const [first = '', ...rest] = process.argv.slice(2);
const one = KNOWN.find((major) => major === first);
const files = one === undefined ? process.argv.slice(2) : rest;
const results: NodeResult[] = [];
for (const major of one === undefined ? KNOWN : [one]) results.push(await run(major));
if (files.length === 0) await keep('node', { runs: merged(await kept(), results) });
for (const { version, passed, failed, skipped, seconds } of results)
  console.log(`Node ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
process.exitCode = results.every(({ failures, passed }) => failures.length === 0 && passed > 0) ? 0 : 1;

async function run(major: (typeof KNOWN)[number]): Promise<NodeResult> {
  const node = join(ROOT, `suites/versions/node_modules/node-${major}/bin/node`);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  console.log(`Node ${version}`);
  const { date, commit, machine } = environment(MEASURED);
  return { version, date, commit, machine, ...(await runSuite({ node, args: files })) };
}

async function kept(): Promise<readonly NodeResult[]> {
  try {
    const text = await readFile(join(ROOT, 'docs/results/node.json'), 'utf8');
    return (JSON.parse(text) as { readonly runs: readonly NodeResult[] }).runs;
  } catch {
    return [];
  }
}

/** The newest run of each major version. */
function merged(old: readonly NodeResult[], now: readonly NodeResult[]): NodeResult[] {
  const majorOf = ({ version }: NodeResult): string => version.split('.')[0] ?? '';
  const runs = new Map([...old, ...now].map((result) => [majorOf(result), result]));
  return [...runs.values()].sort((a, b) => Number(majorOf(a)) - Number(majorOf(b)));
}
