/** Writes the page about the package's reliability, from the results of the commands that measure it. */
import { titleOf } from '../../versions/lib/page.js';
import { causes } from './causes.js';
import { coverage } from './coverage-part.js';
import { at, n, table, type Json } from '../../lib/markdown.js';

interface Part {
  readonly name: string;
  readonly title: string;
  readonly command: string;
  /** The same with what it drew by chance, to measure the same again. */
  readonly again?: (result: Json) => string;
  /** Where its numbers are, from `docs/`. @default results/name.json */
  readonly source?: string;
  /** What it says, of a result that is there. */
  readonly says: (result: Json) => string;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

const PARTS: readonly Part[] = [
  {
    name: 'properties',
    title: 'Properties',
    command: 'npm run properties',
    again: ({ seed }) => `PROPERTY_SEED=${String(seed)} npm run properties`,
    says: (result) =>
      `${n(result['sequences'])} random sequences with ${n(result['commands'])} commands, seed ${String(result['seed'])}, in ` +
      `${n(result['seconds'])} s: no counter-example to the contract.\n\nEach message is checked as it leaves or comes in: its content and its ` +
      'stream. After each step, the bounds and the record of requests in flight are checked. Whenever nothing is under way, ' +
      'nothing may be lost, kept or left unreported. At the end, everything must settle in bounded time. The table in ' +
      '`test/properties/model/invariants.ts` tells when each line of the contract is checked.',
  },
  { name: 'mutants', title: 'Mutants', command: 'npm run mutants', says: mutants },
  {
    name: 'fuzz',
    title: 'Fuzzing',
    command: 'npm run fuzz',
    again: ({ seed }) => `FUZZ_SEED=${String(seed)} npm run fuzz`,
    says: fuzz,
  },
  { name: 'faults', title: 'Faults', command: 'npm run faults', says: faults },
  { name: 'cluster-faults', title: 'Faults of a cluster', command: 'npm run faults:cluster', says: clusterFaults },
  {
    name: 'soak',
    title: 'Soak',
    command: 'npm run soak',
    again: ({ seed, minutes, rate }) =>
      `npm run soak -- --seed ${String(seed)} --minutes ${String(minutes)} --rate ${String(rate)}`,
    says: soak,
  },
  { name: 'conformance', title: 'The official suite', command: 'npm run conformance', says: conformance },
  {
    name: 'node',
    title: 'Versions of Node',
    command: 'npm run test:node',
    says: (result) =>
      table(
        ['Node', 'passed', 'failed', 'skipped', 'seconds', 'commit'],
        list(result['runs']).map((run) =>
          ['version', 'passed', 'failed', 'skipped', 'seconds', 'commit'].map((key) => n(run[key])),
        ),
      ),
  },
  {
    name: 'matrix',
    title: 'Versions of the SDK',
    command: 'npm run matrix',
    says: (result) =>
      [
        table(
          ['SDK', 'passed', 'failed', 'commit'],
          list(result['rows']).map((row) => [
            titleOf({ name: String(row['name']), version: String(row['version']) }),
            ...['passed', 'failed', 'commit'].map((key) => n(row[key] ?? '')),
          ]),
        ),
        '[Compatibility](compatibility.md) says what is run, and what was left out for each version and why.',
      ].join('\n\n'),
  },
  { name: 'causes', title: 'What it found', command: 'npm test', source: '../test/regression', says: causes },
  { name: 'security', title: 'Security', command: 'npm test', source: 'threat-model.md', says: security },
  { name: 'audit', title: 'Known vulnerabilities', command: 'npm run audit:runtime', says: audit },
  { name: 'coverage', title: 'Coverage', command: 'npm run coverage', says: coverage },
];

export const RESULTS: readonly string[] = PARTS.map(({ name }) => name);

/** @param results by name; what is missing is left out, with the command that makes it */
export function page(results: ReadonlyMap<string, Json>): string {
  const parts = PARTS.map(({ name, title, command, again, says, source = `results/${name}.json` }) => {
    const result = results.get(name);
    const text =
      result === undefined
        ? `Not measured yet: \`${command}\` does.`
        : `${says(result)}\n\n\`${again?.(result) ?? command}\`${provenance(result)}: \`${source.startsWith('../') ? source.replace('../', '') : `docs/${source}`}\`.`;
    return `## ${title}\n\n${text}`;
  });
  return `# Reliability

<!-- Written by \`npm run report\`: changes made here are overwritten. -->

The claim: nothing is dropped silently, nothing crosses sessions, nothing hangs. This page lists what was done to refute it. Every
figure names the command that measures it again and the commit it was measured on. Where chance chooses the inputs, the command carries
the seed. Results that depend on timing, such as the soak, differ in their last digits from run to run.

\`git diff <commit> -- src\` shows how the source has changed since a measurement. \`npm run report\` warns about each result that is older
than the source.

${parts.join('\n\n')}
`;
}

function provenance({ date, commit, node }: Json): string {
  if (typeof date !== 'string') return '';
  const what = [date.slice(0, 10), typeof commit === 'string' ? `commit ${commit}` : ''];
  if (typeof node === 'string') what.push(`Node ${node.replace(/^v/, '')}`);
  return `, ${what.filter((part) => part !== '').join(', ')}`;
}

function mutants(result: Json): string {
  const survived = Number(result['survived']);
  const untold = Number(result['mutants']) - survived - Number(result['caughtByTests'] ?? result['mutants']);
  const results = list(result['results']);
  const lines = [...new Set(results.map(({ line }) => String(line)))];
  const rows = lines.map((line) => {
    const names = results.filter((mutant) => mutant['line'] === line).map(({ name }) => String(name));
    return [line, names.join('; ')];
  });
  return `${n(result['mutants'])} deliberate faults in the source, one at a time: ${
    survived === 0 ? 'the tests catch every one of them' : `**${n(survived)} are not caught**`
  }${untold > 0 ? `, ${n(untold)} of them only because the test run breaks off` : ''}.

${table(['line of the contract', 'faults'], rows)}`;
}

function fuzz(result: Json): string {
  return `${n(result['inputs'])} hostile inputs, seed ${String(result['seed'])}: ${verdict(result)}`;
}

function faults(result: Json): string {
  return `Connections cut after each byte, processes that stop and die, event stores that fail, clocks that jump: ${verdict(result)}`;
}

function clusterFaults(result: Json): string {
  return `Nodes that are killed, frozen, drained and cut off, ten times each, and drained in turn under load; a Redis that dies or stands still: ${verdict(result)}`;
}

/** Of a run of tests. */
function verdict({ passed, failed, minutes, failures }: Json): string {
  const names = Array.isArray(failures) ? failures.map(String) : [];
  const failing = names.length === 0 ? 'none fails' : `**${n(failed)} fails**: ${names.join('; ')}`;
  return `of ${n(Number(passed) + Number(failed))} tests ${failing}, in ${n(minutes)} minutes.`;
}

function security({ threats, files }: Json): string {
  const names = Array.isArray(files) ? files.map((file) => `\`${String(file)}\``) : [];
  return `The [threat model](threat-model.md) lists ${n(threats)} threats. For each, it names the tests that show the protection. They are in ${names.join(', ')}.`;
}

function audit({ refused, packages, vulnerabilities }: Json): string {
  if (typeof refused === 'string')
    return (
      `**Not known**: the registry refused, with \`${refused}\`. So this run cannot tell whether the packages have known ` +
      'vulnerabilities. The command asks the registry that npm is configured to use. If that is a mirror without the audit ' +
      'endpoint, run the command in a checkout that reaches `https://registry.npmjs.org` directly, then `npm run report`.'
    );
  const known = Number(at(vulnerabilities, 'total'));
  return `${n(packages)} packages are installed with this one. Vulnerabilities in them: ${known === 0 ? 'none is known' : `**${n(known)} are known**`}.`;
}

function soak(result: Json): string {
  const faults = list(result['faults']).length;
  const commands = list(result['commands']);
  const rows = commands.map(({ upstream, sessions, sent, received, routes, heap }) =>
    [upstream, sessions, sent, at(routes, 'delivered'), reported(routes), received, at(heap, 'riseBytes')].map(n),
  );
  return `${n(result['messages'])} messages in ${n(result['seconds'])} s, ${n(result['messagesPerSecond'])} a second, seed ${String(result['seed'])}: ${
    faults === 0 ? 'no fault' : `**${n(faults)} faults**`
  }. The messages sent equal those delivered plus those reported. Fewer are received, because some clients drop the connection on purpose.

${table(['upstream', 'sessions', 'sent', 'delivered', 'reported', 'received', 'growth of the heap, bytes'], rows)}

The heap is measured after garbage collections. Its growth is the rise of the line fitted to the measurements after the warm-up. At most
${n(result['maxHeapRiseBytes'])} bytes are allowed.`;
}

function reported(routes: unknown): number {
  return ['refused', 'failed', 'superseded'].reduce((sum, outcome) => sum + Number(at(routes, outcome) ?? 0), 0);
}

function conformance(result: Json): string {
  const all = ['server', 'client', 'modernServer', 'modernClient'].flatMap((part) => list(result[part]));
  const passed = all.filter(({ outcomes }) => at(at(outcomes, 'direct'), 'verdict') === 'pass').length;
  const worse = all.filter(({ regressions }) => Object.keys(regressions as object).length > 0).length;
  const excused = all.filter((each) => Object.keys(each['excused'] as object).length > 0).length;
  return `${n(all.length)} scenarios of revisions 2025-11-25 and 2026-07-28: ${n(passed)} pass directly, ${n(worse)} are worse through the wrapper or the command. ${n(excused)} differ [for a reason](conformance.md#what-differs-and-why). [Each scenario](conformance.md).`;
}
