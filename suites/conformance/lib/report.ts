/** Writes the results as a page. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Environment } from '../../lib/environment.js';
import { ROOT, type Versions } from './paths.js';
import type { Outcome } from './verdict.js';

/** What one scenario came to, by way. */
export interface ScenarioResult<Way extends string = string> {
  readonly scenario: string;
  readonly suite: string;
  readonly outcomes: Readonly<Record<Way, Outcome>>;
  /** What is worse than directly, by way. */
  readonly regressions: Readonly<Partial<Record<Way, readonly string[]>>>;
  /** Why something could not be had, by way. It does not count as worse. */
  readonly excused: Readonly<Partial<Record<Way, string>>>;
}

export interface Results extends Environment {
  readonly versions: Versions;
  readonly seconds: number;
  readonly server: readonly ScenarioResult[];
  readonly client: readonly ScenarioResult[];
  readonly modernServer: readonly ScenarioResult[];
  readonly modernClient: readonly ScenarioResult[];
}

const TITLES: Readonly<Record<string, string>> = {
  direct: 'direct',
  wrapped: 'wrapped',
  own: 'our transport',
  commandStdio: 'command, stdio',
  commandHttp: 'command, HTTP',
  modernBackend: 'command, modern server',
  legacyBackend: 'command, legacy server',
  legacyStdio: 'command, legacy stdio',
  commandModern: 'command, modern',
  commandAuto: 'command, auto',
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

function page({ date, commit, node, versions, seconds, ...results }: Results): string {
  const { server, client, modernServer, modernClient } = results;
  const { sdkOfCommand, sdkOfBackend, sdkOfModernBackend } = versions;
  return `# Conformance

<!-- Written by \`npm run conformance\`: changes made here are overwritten. -->

The official suite, \`@modelcontextprotocol/conformance\` ${versions.suite}, against one backend for each revision, reached in
several ways. Every check that passes directly must pass in the other ways too; otherwise \`npm run conformance\` fails.

${date.slice(0, 10)}, commit ${commit}, Node ${node.slice(1)} (the suite on Node ${versions.nodeOfSuite}), SDK ${sdkOfCommand}${sdkOfBackend === sdkOfCommand ? '' : ` (the backend: ${sdkOfBackend})`} and ${sdkOfModernBackend}, ${String(seconds)} s. All numbers:
\`docs/results/conformance.json\`.

✓ passed, with the number of checks that did · (✓) nothing failed, but something that is recommended is missing ·
✗ failed · – nothing to check

## Servers, revision 2025-11-25

- **direct**: the backend over Streamable HTTP, on the SDK's bare transport. The reference.
- **wrapped**: the same, with its transport in \`withBackchannel()\`.
- **our transport**: the same, on the transport of \`mcp-backchannel/http\`.
- **command, stdio**: \`mcp-backchannel -- backend\`, in front of the backend over stdio.
- **command, HTTP**: \`mcp-backchannel --url …\`, in front of the backend over Streamable HTTP.

${section(server)}

## Clients, revision 2025-11-25

A client of the SDK, connected to the servers of the suite directly, and through the command with \`--url\`, as a client of
its own HTTP endpoint or of \`--stdio\`. The scenarios of authorization are left out: the command passes on the
credentials it is given and obtains none.

${section(client)}

## Servers, revision 2026-07-28

- **direct**: a modern backend, served by \`createMcpHandler\` of SDK 2. The reference.
- **wrapped**: the same, with the transport that the handler makes for each request in \`withBackchannel()\`.
- **command, modern server**: \`mcp-backchannel --url …\`, in front of that backend.
- **command, legacy server**: the same, in front of the backend of revision 2025-11-25.
- **command, legacy stdio**: \`mcp-backchannel -- backend\`, in front of that backend over stdio.

Conformance does not require scenarios that are not scored. The suite also has scenarios for tasks. They test an extension
that neither backend has, and are not run.

${section(modernServer)}

## Clients, revision 2026-07-28

- **direct**: a client of SDK 2. The reference.
- **command, modern**: a client of SDK 1, which knows no later revision than 2025-11-25, and the command with
  \`--upstream-protocol modern\`.
- **command, auto**: the same, with \`--upstream-protocol auto\`.

${section(modernClient)}

## What differs, and why

| scenario | where | why |
| --- | --- | --- |
${[...server, ...client, ...modernServer, ...modernClient].flatMap(excuses).join('\n')}
`;
}

function section(results: readonly ScenarioResult[]): string {
  return `${summary(results)}\n\n${table(results)}\n\n${notes(results)}`;
}

/** One row for all ways with the same reason. */
function excuses({ scenario, excused }: ScenarioResult): string[] {
  const reasons = new Set(Object.values(excused));
  return [...reasons].map((why) => {
    const ways = Object.keys(excused).filter((way) => excused[way] === why);
    return `| ${scenario} | ${ways.map((way) => TITLES[way] ?? way).join('; ')} | ${why ?? ''} |`;
  });
}

function summary(results: readonly ScenarioResult[]): string {
  const passed = results.filter(passesDirectly).length;
  const worse = results.filter((result) => hasRegressed(result)).length;
  const excused = results.filter(({ excused }) => Object.keys(excused).length > 0).length;
  const but = excused === 0 ? '' : `, ${String(excused)} [differ for a reason](#what-differs-and-why)`;
  return `${String(results.length)} scenarios: ${String(passed)} pass directly, ${String(worse)} are worse in another way${but}.`;
}

export function hasRegressed({ regressions }: ScenarioResult): boolean {
  return Object.values(regressions).some((found) => (found ?? []).length > 0);
}

function table(results: readonly ScenarioResult[]): string {
  const ways = Object.keys(results[0]?.outcomes ?? {});
  const head = ['scenario', ...ways.map((way) => TITLES[way] ?? way)];
  const rows = results.map(({ scenario, suite, outcomes }) => [
    suite === 'active' ? scenario : `${scenario} (${suite})`,
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
