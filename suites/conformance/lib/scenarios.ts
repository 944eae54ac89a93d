/** Runs the scenarios of a revision in every way, and says what they came to. */
import { ours } from './paths.js';
import type { ScenarioResult } from './report.js';
import { runAgainstClient, runAgainstServer, scenariosOf, unscored, type Checks, type Revision } from './suite.js';
import { unattainable } from './unattainable.js';
import { outcomeOf, regressionsOf, type Check } from './verdict.js';
import type { Served } from './ways.js';

type ByWay = readonly (readonly [way: string, checks: Checks])[];

export async function serverScenarios<Way extends string>(
  revision: Revision,
  ways: readonly Way[],
  serve: (way: Way) => Promise<Served>,
): Promise<ScenarioResult[]> {
  const suites = revision === '2025-11-25' ? ['active', 'pending'] : ['all'];
  const scenarios = await scenariosOf('server', revision);
  const pending = new Set<string>();
  const checks = await inTurn(ways, async (way): Promise<[string, Checks]> => {
    const { url, stop } = await serve(way);
    try {
      const found = new Map<string, readonly Check[]>();
      for (const suite of suites)
        for (const [scenario, made] of await runAgainstServer(url, suite, revision)) {
          found.set(scenario, made);
          if (suite === 'pending') pending.add(scenario);
        }
      return [way, found];
    } finally {
      await stop();
    }
  });
  const optional = revision === '2025-11-25' ? new Set<string>() : await unscored('server', revision);
  const suiteOf = (it: string): string => (pending.has(it) ? 'pending' : optional.has(it) ? 'not scored' : 'active');
  return scenarios.map((scenario) => resultOf(scenario, suiteOf(scenario), checks));
}

export async function clientScenarios(
  revision: Revision,
  ways: readonly string[],
  /** How `client.ts` calls a way, if not by its name. */
  named: Readonly<Record<string, string>> = {},
): Promise<ScenarioResult[]> {
  // The command takes no part in authorization.
  const scenarios = (await scenariosOf('client', revision)).filter((name) => !name.startsWith('auth/'));
  const checks = await inTurn(ways, async (way): Promise<[string, Checks]> => {
    const program = [process.execPath, ...ours('client.ts'), named[way] ?? way].join(' ');
    const made = [];
    for (const scenario of scenarios) made.push(...(await runAgainstClient(program, scenario, revision)));
    return [way, new Map(made)];
  });
  const optional = revision === '2025-11-25' ? new Set<string>() : await unscored('client', revision);
  return scenarios.map((scenario) => resultOf(scenario, optional.has(scenario) ? 'not scored' : 'active', checks));
}

function resultOf(scenario: string, suite: string, checks: ByWay): ScenarioResult {
  const byWay = checks.map(([way, found]) => [way, found.get(scenario)] as const);
  const direct = byWay.find(([way]) => way === 'direct')?.[1];
  const regressions: Record<string, readonly string[]> = {};
  const excused: Record<string, string> = {};
  for (const [way, made] of byWay) {
    const limit = unattainable(scenario, way);
    const counts = ({ id }: Check): boolean => limit?.checks.includes(id) !== true;
    const found = regressionsOf(direct?.filter(counts), made?.filter(counts));
    if (found.length > 0) regressions[way] = found;
    if (limit !== undefined && regressionsOf(direct, made).length > found.length) excused[way] = limit.why;
  }
  const outcomes = Object.fromEntries(byWay.map(([way, made]) => [way, outcomeOf(made)]));
  return { scenario, suite, outcomes, regressions, excused };
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
