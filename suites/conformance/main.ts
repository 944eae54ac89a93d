/**
 * Runs the official conformance suite against the same backend, reached in several ways. Fails if a scenario passes
 * directly but not through us, or if a scenario that is recorded to pass directly no longer does.
 *
 *     npm run conformance [-- --out docs]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from '../lib/environment.js';
import { ours, ROOT, versions } from './lib/paths.js';
import {
  formatted,
  hasRegressed,
  lostDirectly,
  passesDirectly,
  type Results,
  type ScenarioResult,
} from './lib/report.js';
import { runAgainstClient, runAgainstServer, scenariosOf, type Checks } from './lib/suite.js';
import { outcomeOf, regressionsOf, type Check } from './lib/verdict.js';
import { INAPPLICABLE, serve, WAYS } from './lib/ways.js';

const CLIENT_WAYS = ['direct', 'commandHttp', 'commandStdio'] as const;
const SUITES = ['active', 'pending'] as const;
const { out } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'docs') } } }).values;
const DOCS = resolve(out);

// Read now: the results of this run may take their place.
const recorded = JSON.parse(await readFile(join(ROOT, 'docs/results/conformance.json'), 'utf8')) as Results;
// What is tested, before it may change under the run.
const measured = environment(['src', 'suites/conformance', 'package.json']);
const started = performance.now();
const server = await serverScenarios();
const client = await clientScenarios();
const seconds = Math.round((performance.now() - started) / 1_000);
const results: Results = { ...measured, versions: versions(), seconds, server, client };

await mkdir(join(DOCS, 'results'), { recursive: true });
await writeFile(join(DOCS, 'results/conformance.json'), `${JSON.stringify(results, undefined, 2)}\n`);
await writeFile(join(DOCS, 'conformance.md'), await formatted(results));
conclude([...server, ...client]);

async function serverScenarios(): Promise<ScenarioResult[]> {
  const scenarios = await scenariosOf('server');
  const pending = new Set<string>();
  const checks = await inTurn(WAYS, async (way): Promise<[string, Checks]> => {
    const { url, stop } = await serve(way);
    try {
      const found = new Map<string, readonly Check[]>();
      for (const suite of SUITES)
        for (const [scenario, made] of await runAgainstServer(url, suite)) {
          found.set(scenario, made);
          if (suite === 'pending') pending.add(scenario);
        }
      return [way, found];
    } finally {
      await stop();
    }
  });
  return scenarios.map((scenario) => resultOf(scenario, pending.has(scenario) ? 'pending' : 'active', checks));
}

async function clientScenarios(): Promise<ScenarioResult[]> {
  // The command takes no part in authorization.
  const scenarios = (await scenariosOf('client')).filter((name) => !name.startsWith('auth/'));
  const checks = await inTurn(CLIENT_WAYS, async (way): Promise<[string, Checks]> => {
    const program = [process.execPath, ...ours('client.ts'), way].join(' ');
    const made = [];
    for (const scenario of scenarios) made.push(...(await runAgainstClient(program, scenario)));
    return [way, new Map(made)];
  });
  return scenarios.map((scenario) => resultOf(scenario, 'active', checks));
}

function resultOf(scenario: string, suite: string, checks: readonly (readonly [string, Checks])[]): ScenarioResult {
  const byWay = checks.map(([way, found]) => [way, found.get(scenario)] as const);
  const applicable = (way: string): ((check: Check) => boolean) => {
    const inapplicable = INAPPLICABLE[way] ?? [];
    return ({ id }) => !inapplicable.includes(id);
  };
  const direct = byWay.find(([way]) => way === 'direct')?.[1];
  return {
    scenario,
    suite,
    outcomes: Object.fromEntries(byWay.map(([way, made]) => [way, outcomeOf(made)])),
    regressions: Object.fromEntries(
      byWay
        .map(([way, made]) => {
          const isApplicable = applicable(way);
          return [way, regressionsOf(direct?.filter(isApplicable), made?.filter(isApplicable))] as const;
        })
        .filter(([, found]) => found.length > 0),
    ),
  };
}

/** Two at a time, in order: one more only competes for the processors. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) done[index] = await work(item);
  };
  await Promise.all([worker(), worker()]);
  return done;
}

function conclude(all: readonly ScenarioResult[]): void {
  for (const { scenario, outcomes, regressions } of all) {
    const verdicts = Object.entries(outcomes).map(([way, { verdict }]) => `${way} ${verdict}`);
    console.log(`${scenario.padEnd(36)} ${verdicts.join(', ')}`);
    for (const [way, found] of Object.entries(regressions))
      for (const what of found ?? []) console.log(`  worse, ${way}: ${what}`);
  }
  const passed = all.filter(passesDirectly).length;
  const worse = all.filter((result) => hasRegressed(result)).length;
  console.log(`${all.length} scenarios in ${seconds} s: ${passed} pass directly, ${worse} are worse through us`);
  // A reference that passes less would hide what is worse through us.
  const lost = lostDirectly([...recorded.server, ...recorded.client], all);
  if (lost.length > 0) console.log(`recorded to pass directly, and does not: ${lost.join(', ')}`);
  process.exitCode = worse > 0 || lost.length > 0 ? 1 : 0;
}
