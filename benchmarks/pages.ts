/**
 * Writes the results of the benchmarks into the pages that show them, between their markers.
 *
 *     npm run bench:pages -- [--check] [--root <folder>] [--results <folder>]
 *
 * `--check` changes nothing and exits with 1 if a page does not match the results.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Environment } from '../suites/lib/environment.js';
import { intoMarkers, type Sections } from '../suites/lib/markers.js';
import { RESULTS } from './lib/program.js';
import { readResult, type Results, type SomeResults } from './lib/result-files.js';
import { aimsTable } from './tables/aims.js';
import { behaviourTable } from './tables/behaviour.js';
import { clusterTable, scaleOutTable } from './tables/cluster.js';
import { erasTable } from './tables/eras.js';
import { httpTable, ownTable } from './tables/http.js';
import { contextShares, nodesTable } from './tables/nodes.js';
import { peersDoctorTable } from './tables/peers-doctor.js';
import { peersErasTable } from './tables/peers-eras.js';
import { peersTable } from './tables/peers.js';
import { profileTable } from './tables/profile.js';
import { scaleTable } from './tables/scale.js';
import { slowTable } from './tables/slow.js';
import { telemetryTable } from './tables/telemetry.js';
import { summary } from './tables/summary.js';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
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
  'peers-eras': 'proxies with modern clients',
  'peers-doctor': 'proxies seen by the doctor',
  profile: 'profile',
  slow: 'slow readers',
  cluster: 'cluster',
  eras: 'eras',
  telemetry: 'telemetry',
} as const satisfies Record<keyof Results, string>;
const NAMES = Object.keys(WHAT) as (keyof Results)[];

const results: SomeResults = Object.fromEntries(NAMES.map((name) => [name, readResult(values.results, name)]));
const NOT_MEASURED = 'Not measured yet: `npm run bench`.';
const PAGES: Readonly<Record<string, Sections>> = {
  'README.md': { costs: summary(results, picture('README.md', 'peers')) ?? NOT_MEASURED },
  'docs/performance.md': { benchmarks: costs() },
  'docs/comparison.md': {
    behaviour: results.peers === undefined ? NOT_MEASURED : behaviourTable(results.peers),
    doctor: results['peers-doctor'] === undefined ? NOT_MEASURED : peersDoctorTable(results['peers-doctor']),
    eras: results['peers-eras'] === undefined ? NOT_MEASURED : peersErasTable(results['peers-eras']),
    peers: results.peers === undefined ? NOT_MEASURED : peersTable(results.peers),
  },
};

for (const [page, sections] of Object.entries(PAGES)) {
  const hasChanged = await intoMarkers(join(values.root, page), sections, values.check);
  if (!hasChanged) {
    console.log(`${page} says what the results say`);
  } else if (values.check) {
    console.error(`${page} does not say what the results say: npm run bench:pages`);
    process.exitCode = 1;
  } else {
    console.log(`${page} was changed`);
  }
}

function costs(): string {
  const { routing, http, scale, peers, profile, slow, cluster, eras, telemetry } = results;
  const parts: string[] = [];
  if (routing ?? http ?? scale ?? peers) parts.push(aimsTable(results));
  const own = http && ownTable(http);
  if (own !== undefined) parts.push(`## Our own transport\n\n${own}`);
  if (http !== undefined) parts.push(`## Over HTTP\n\n${httpTable(http)}`);
  const burst = scale && scaleTable(scale);
  if (burst !== undefined) parts.push(`## Many sessions at once\n\n${burst}`);
  if (slow !== undefined) parts.push(`## Clients that do not read\n\n${slowTable(slow)}`);
  if (cluster !== undefined)
    parts.push(['## A cluster', clusterTable(cluster), '### Many nodes', scaleOutTable(cluster) ?? ''].join('\n\n'));
  if (eras !== undefined) parts.push(`## Clients of another era\n\n${erasTable(eras)}`);
  if (telemetry !== undefined) parts.push(`## Being watched\n\n${telemetryTable(telemetry)}`);
  const byNode = [nodesTable(results), contextShares(results)].filter((part) => part !== undefined);
  if (byNode.length > 0) parts.push(['## By version of Node', ...byNode].join('\n\n'));
  if (profile !== undefined) parts.push(`## Where the time goes\n\n${profileTable(profile)}`);
  if (parts.length === 0) return NOT_MEASURED;
  return [...parts, '## Where this was measured', measuredOn(), pictures()].join('\n\n');
}

/** Results that were measured on the same machine are listed together. */
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

function pictures(): string {
  return NAMES.flatMap((name) => picture('docs/performance.md', name) ?? []).join('\n');
}

/** The drawing of a result, seen from a page. */
function picture(page: string, name: keyof Results): string | undefined {
  const drawing = join(values.results, `${name}.svg`);
  return existsSync(drawing) ? `![${WHAT[name]}](${relative(dirname(join(values.root, page)), drawing)})` : undefined;
}
