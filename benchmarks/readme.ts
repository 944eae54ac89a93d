/**
 * Writes what the benchmarks have found into the README, between its markers.
 *
 *     npm run bench:readme -- [--check] [--readme <file>] [--results <folder>]
 *
 * `--check` changes nothing and exits with 1 if the README does not say what the results say.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Environment } from '../suites/lib/environment.js';
import { intoMarkers } from '../suites/lib/markers.js';
import { RESULTS } from './lib/program.js';
import { readResult, type Results, type SomeResults } from './lib/result-files.js';
import { aimsTable } from './tables/aims.js';
import { behaviourTable } from './tables/behaviour.js';
import { httpTable } from './tables/http.js';
import { contextShares, nodesTable } from './tables/nodes.js';
import { peersTable } from './tables/peers.js';
import { profileTable } from './tables/profile.js';
import { scaleTable } from './tables/scale.js';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    readme: { type: 'string', default: fileURLToPath(new URL('../README.md', import.meta.url)) },
    results: { type: 'string', default: RESULTS },
  },
});

/** Results, and what is said to have been measured with each. */
const WHAT = {
  routing: 'routing',
  http: 'HTTP',
  scale: 'scale',
  'routing-node22': 'routing on Node 22',
  'http-node22': 'HTTP on Node 22',
  'scale-node22': 'scale on Node 22',
  'routing-node24': 'routing on Node 24',
  'http-node24': 'HTTP on Node 24',
  'scale-node24': 'scale on Node 24',
  peers: 'proxies',
  profile: 'profile',
} as const satisfies Record<keyof Results, string>;
const NAMES = Object.keys(WHAT) as (keyof Results)[];

const results: SomeResults = Object.fromEntries(NAMES.map((name) => [name, readResult(values.results, name)]));
const hasChanged = await intoMarkers(values.readme, { benchmarks: costs(), behaviour: behaviour() }, values.check);
if (!hasChanged) {
  console.log('the README says what the results say');
} else if (values.check) {
  console.error('the README does not say what the results say: npm run bench:readme');
  process.exitCode = 1;
} else {
  console.log('the README was changed');
}

function behaviour(): string {
  return results.peers === undefined ? 'Not measured yet: `npm run bench:peers`.' : behaviourTable(results.peers);
}

function costs(): string {
  const { routing, http, scale, peers, profile } = results;
  const parts: string[] = [];
  if (routing ?? http ?? scale ?? peers) parts.push(aimsTable(results));
  if (http !== undefined) parts.push(httpTable(http));
  const burst = scale && scaleTable(scale);
  if (burst !== undefined) parts.push(burst);
  const onNodes = nodesTable(results);
  if (onNodes !== undefined) parts.push(onNodes);
  const shares = contextShares(results);
  if (shares !== undefined) parts.push(shares);
  if (peers !== undefined) parts.push(peersTable(peers));
  if (profile !== undefined) parts.push(profileTable(profile));
  if (parts.length === 0) return 'Not measured yet: `npm run bench`.';
  return [...parts, measuredOn(), plots()].join('\n\n');
}

/** Results that were measured on the same are told together. */
function measuredOn(): string {
  const byOrigin = new Map<string, string[]>();
  for (const name of NAMES) {
    const result = results[name];
    if (result === undefined) continue;
    const where = origin('environment' in result ? result.environment : result);
    byOrigin.set(where, [...(byOrigin.get(where) ?? []), WHAT[name]]);
  }
  const told = [...byOrigin].map(([where, what]) => `${what.join(', ').replace(/, ([^,]*)$/, ' and $1')}: ${where}`);
  return `Measured: ${told.join('; ')}.`;
}

function origin({ machine, node, sdk, commit, date }: Environment): string {
  const withSdk = sdk === undefined ? '' : `, SDK ${sdk}`;
  return `${machine.cpu}, ${machine.cores} cores, Node ${node}${withSdk}, commit ${commit}, ${date.slice(0, 10)}`;
}

function plots(): string {
  const folder = relative(dirname(values.readme), values.results);
  return NAMES.filter((name) => existsSync(join(values.results, `${name}.svg`)))
    .map((name) => `![${name}](${join(folder, `${name}.svg`)})`)
    .join('\n');
}
