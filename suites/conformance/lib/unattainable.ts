/** Checks that do not succeed in a way, and why. They do not count as worse. */
import type { ScenarioResult } from './report.js';
import type { AnyWay } from './ways.js';

export interface Unattainable {
  readonly ways: readonly AnyWay[];
  readonly scenario: string;
  /** By id. The other checks of the scenario count. */
  readonly checks: readonly string[];
  readonly why: string;
}

const NO_STATE =
  'It sends answers without a `requestState`. The command refuses them: the call that they belong to may be running, and would run twice.';

const UNATTAINABLE: readonly Unattainable[] = [
  {
    ways: ['commandStdio'],
    scenario: 'server-sse-polling',
    checks: ['server-sse-disconnect-resume'],
    why: 'Over stdio a tool has no stream of its own to close.',
  },
  {
    ways: ['legacyBackend', 'legacyStdio'],
    scenario: 'input-required-result-basic-elicitation',
    checks: ['sep-2322-elicitation-incomplete', 'sep-2322-elicitation-complete'],
    why: 'It demands the literal input key `user_name`. A legacy server does not name its requests, so the command does.',
  },
  {
    ways: ['legacyBackend', 'legacyStdio'],
    scenario: 'input-required-result-ignore-extra-params',
    checks: ['sep-2322-ignore-unexpected-params'],
    why: `${NO_STATE} It also demands the key \`user_name\`.`,
  },
  {
    ways: ['legacyBackend', 'legacyStdio'],
    scenario: 'input-required-result-missing-input-response',
    checks: ['sep-2322-missing-response-rerequests'],
    why: NO_STATE,
  },
  {
    ways: ['commandAuto'],
    scenario: 'http-standard-headers',
    checks: ['sep-2243-client-includes-standard-headers'],
    why: 'The server is asked with the `initialize` of earlier revisions first, which has no such headers.',
  },
  {
    ways: ['commandAuto'],
    scenario: 'request-metadata',
    checks: [
      'sep-2575-http-client-sends-version-header',
      'sep-2575-client-populates-meta',
      'sep-2575-client-sends-client-info',
    ],
    why: 'The server is asked with the `initialize` of earlier revisions first, which has no such metadata.',
  },
];

/** Exceptions that were not needed: they would only hide what becomes worse. */
export function needless(results: readonly ScenarioResult[]): string[] {
  return UNATTAINABLE.flatMap(({ scenario, ways }) => {
    const needed = results.filter((it) => it.scenario === scenario).flatMap(({ excused }) => Object.keys(excused));
    return ways.filter((way) => !needed.includes(way)).map((way) => `${scenario} (${way})`);
  });
}

export function unattainable(scenario: string, way: string): Unattainable | undefined {
  return UNATTAINABLE.find((it) => it.scenario === scenario && it.ways.some((one) => one === way));
}
