/**
 * Runs the official conformance suite against the same backends, reached in several ways. Fails if a scenario passes
 * directly but not through us, or if a scenario that is recorded to pass directly no longer does.
 *
 *     npm run conformance [-- --out docs]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from '../lib/environment.js';
import { ROOT, versions } from './lib/paths.js';
import { formatted, hasRegressed, lostDirectly, passesDirectly, type Results } from './lib/report.js';
import { clientScenarios, serverScenarios } from './lib/scenarios.js';
import { needless } from './lib/unattainable.js';
import { CLIENT_WAYS, MODERN_CLIENT_WAYS, MODERN_WAYS, serve, serveModern, WAYS } from './lib/ways.js';

const { out } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'docs') } } }).values;
const DOCS = resolve(out);

// Read now: the results of this run may take their place.
const recorded = JSON.parse(await readFile(join(ROOT, 'docs/results/conformance.json'), 'utf8')) as Results;
// What is tested, before it may change under the run.
const measured = environment(['src', 'suites/conformance', 'package.json']);
const started = performance.now();
const server = await serverScenarios('2025-11-25', WAYS, serve);
const client = await clientScenarios('2025-11-25', CLIENT_WAYS);
const modernServer = await serverScenarios('2026-07-28', MODERN_WAYS, serveModern);
const modernClient = await clientScenarios('2026-07-28', MODERN_CLIENT_WAYS, { direct: 'modern' });
const seconds = Math.round((performance.now() - started) / 1_000);
const results: Results = { ...measured, versions: versions(), seconds, server, client, modernServer, modernClient };

await mkdir(join(DOCS, 'results'), { recursive: true });
await writeFile(join(DOCS, 'results/conformance.json'), `${JSON.stringify(results, undefined, 2)}\n`);
await writeFile(join(DOCS, 'conformance.md'), await formatted(results));
conclude();

function conclude(): void {
  const all = [...server, ...client, ...modernServer, ...modernClient];
  for (const { scenario, outcomes, regressions } of all) {
    const verdicts = Object.entries(outcomes).map(([way, { verdict }]) => `${way} ${verdict}`);
    console.log(`${scenario.padEnd(36)} ${verdicts.join(', ')}`);
    for (const [way, found] of Object.entries(regressions))
      for (const what of found ?? []) console.log(`  worse, ${way}: ${what}`);
  }
  const passed = all.filter(passesDirectly).length;
  const worse = all.filter((result) => hasRegressed(result)).length;
  console.log(`${all.length} scenarios in ${seconds} s: ${passed} pass directly, ${worse} are worse through us`);
  // A reference that passes less would hide what is worse through us. A scenario has a name for each revision.
  const lost = [
    ...lostDirectly([...recorded.server, ...recorded.client], [...server, ...client]),
    ...lostDirectly([...recorded.modernServer, ...recorded.modernClient], [...modernServer, ...modernClient]),
  ];
  if (lost.length > 0) console.log(`recorded to pass directly, and does not: ${lost.join(', ')}`);
  const obsolete = needless(all);
  if (obsolete.length > 0) console.log(`excused, and passes: ${obsolete.join(', ')}`);
  process.exitCode = worse + lost.length + obsolete.length > 0 ? 1 : 0;
}
