/**
 * Runs the test suite on other versions of Node. A whole run is kept in `docs/results/node.json`, beside
 * those of other versions; a run of some files only is not.
 *
 *     npm run test:node [-- 20|22|24] [files]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { environment } from '../benchmarks/lib/environment.js';
import { keep } from './lib/results.js';
import { ROOT, runSuite, type SuiteResult } from './lib/suite.js';

const KNOWN = ['20', '22', '24'] as const;

interface NodeResult extends SuiteResult {
  readonly version: string;
  readonly date: string;
  readonly commit: string;
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
  const node = programOf(major);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  console.log(`Node ${version}`);
  const { date, commit } = environment();
  return { version, date, commit, ...(await runSuite({ node, args: files })) };
}

function programOf(major: (typeof KNOWN)[number]): string {
  if (process.version.startsWith(`v${major}.`)) return process.execPath;
  if (major === '20') throw new Error('run this command with Node 20 to test on Node 20');
  return join(ROOT, `versions/node_modules/node-${major}/bin/node`);
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
