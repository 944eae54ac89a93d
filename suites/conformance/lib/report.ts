/** Writes the results as a page. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Environment } from '../../lib/environment.js';
import { ROOT } from './paths.js';
import type { Outcome } from './verdict.js';

/** What one scenario came to, by way. */
export interface ScenarioResult<Way extends string = string> {
  readonly scenario: string;
  readonly suite: string;
  readonly outcomes: Readonly<Record<Way, Outcome>>;
  /** What is worse than directly, by way. */
  readonly regressions: Readonly<Partial<Record<Way, readonly string[]>>>;
}

export interface Results extends Environment {
  readonly versions: Readonly<Record<'suite' | 'nodeOfSuite' | 'sdkOfBackend' | 'sdkOfCommand', string>>;
  readonly seconds: number;
  readonly server: readonly ScenarioResult[];
  readonly client: readonly ScenarioResult[];
}

const TITLES: Readonly<Record<string, string>> = {
  direct: 'direct',
  wrapped: 'wrapped',
  own: 'our transport',
  commandStdio: 'command, stdio',
  commandHttp: 'command, HTTP',
};

const SIGNS = { pass: '✓', warn: '(✓)', fail: '✗', skip: '–' } as const;

/** The page as it is written: in the project's format. */
export async function formatted(results: Results): Promise<string> {
  const style = await resolveConfig(join(ROOT, 'docs/conformance.md'));
  return format(page(results), { ...style, parser: 'markdown' });
}

/** What a reference that has become worse would no longer show: scenarios that passed directly, and do not. */
export function lostDirectly(before: readonly ScenarioResult[], now: readonly ScenarioResult[]): string[] {
  const passing = new Set(now.filter(passesDirectly).map(({ scenario }) => scenario));
  return before.filter((result) => passesDirectly(result) && !passing.has(result.scenario)).map((it) => it.scenario);
}

export function passesDirectly({ outcomes }: ScenarioResult): boolean {
  return outcomes['direct']?.verdict === 'pass';
}

function page({ date, commit, node, versions, seconds, server, client }: Results): string {
  return `# Conformance

<!-- Written by \`npm run conformance\`: changes made here are overwritten. -->

The official suite, \`@modelcontextprotocol/conformance\` ${versions.suite}, against one backend reached in four ways. Every
check that passes directly must pass in the other ways too; otherwise \`npm run conformance\` fails.

- **direct**: the backend over Streamable HTTP, on the SDK's bare transport. The reference.
- **wrapped**: the same, with its transport in \`withBackchannel()\`.
- **our transport**: the same, on the transport of \`mcp-backchannel/http\`.
- **command, stdio**: \`mcp-backchannel -- backend\`, in front of the backend over stdio.
- **command, HTTP**: \`mcp-backchannel --url …\`, in front of the backend over Streamable HTTP.

${date.slice(0, 10)}, commit ${commit}, Node ${node.slice(1)} (the suite on Node ${versions.nodeOfSuite}), SDK ${versions.sdkOfCommand}${versions.sdkOfBackend === versions.sdkOfCommand ? '' : ` (the backend: ${versions.sdkOfBackend})`}, ${String(seconds)} s. All numbers:
\`docs/results/conformance.json\`.

✓ passed, with the number of checks that did · (✓) nothing failed, but something that is recommended is missing ·
✗ failed · – nothing to check

## Servers

${summary(server)}

${table(server)}

${notes(server)}

## Clients

A client of the SDK, connected to the servers of the suite directly, and through the command with \`--url\`, as a client of
its own HTTP endpoint or of \`--stdio\`. The scenarios of authorization are left out: the command passes on the
credentials it is given and obtains none.

${summary(client)}

${table(client)}

${notes(client)}
`;
}

function summary(results: readonly ScenarioResult[]): string {
  const passed = results.filter(passesDirectly).length;
  const worse = results.filter((result) => hasRegressed(result)).length;
  return `${String(results.length)} scenarios: ${String(passed)} pass directly, ${String(worse)} are worse in another way.`;
}

export function hasRegressed({ regressions }: ScenarioResult): boolean {
  return Object.values(regressions).some((found) => (found ?? []).length > 0);
}

function table(results: readonly ScenarioResult[]): string {
  const ways = Object.keys(results[0]?.outcomes ?? {});
  const head = ['scenario', ...ways.map((way) => TITLES[way] ?? way)];
  const rows = results.map(({ scenario, suite, outcomes }) => [
    suite === 'pending' ? `${scenario} (pending)` : scenario,
    ...ways.map((way) => cell(outcomes[way])),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  const { verdict, checks } = outcome;
  const all = checks.success + checks.warning + checks.failure;
  return verdict === 'pass'
    ? `${SIGNS.pass} ${String(all)}`
    : `${SIGNS[verdict]} ${String(checks.success)} of ${String(all)}`;
}

/** What is not right directly either, and what is worse in another way. */
function notes(results: readonly ScenarioResult[]): string {
  const direct = results.flatMap(({ scenario, outcomes }) => {
    const problems = outcomes['direct']?.problems ?? [];
    if (problems.length === 0) return [];
    return [`- \`${scenario}\`, directly too: ${problems.map(asText).join(' · ')}`];
  });
  const worse = results.flatMap(({ scenario, regressions }) =>
    Object.entries(regressions).flatMap(([way, found]) =>
      (found ?? []).map((what) => `- **\`${scenario}\`, ${TITLES[way] ?? way}**: ${asText(what)}`),
    ),
  );
  return [...worse, ...direct].join('\n');
}

/** Errors of others may hold anything. */
function asText(value: string): string {
  return `\`${value.replace(/\s+/g, ' ').replaceAll('`', "'")}\``;
}
