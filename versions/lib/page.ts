import type { SuiteResult } from './suite.js';

export interface MatrixRow extends SuiteResult {
  /** As in `table.ts`. */
  readonly name: string;
  readonly version: string;
  /** What is not tested with it, and why. */
  readonly without: readonly string[];
}

export interface NotRun {
  readonly name: string;
  readonly version: string;
  readonly without: readonly string[];
}

const ABOUT = [
  'Run are the contract on its Streamable HTTP transport, wrapped, and what users meet end to end: stale contexts, concurrent calls,',
  'GET that comes late or never, calls that are left, answers in JSON, clients that are gone, and with 1.x every upstream and streams',
  'that are resumed (`versions/lib/table.ts` names the files). The head of an answer to a POST, which versions before 1.25 write with',
  'its first message only, the tests send at once (`versions/lib/early-headers.ts`); nothing else of the SDK is changed.',
  'The numbers say what was left out:',
].join(' ');

export function wasRun(row: MatrixRow | NotRun): row is MatrixRow {
  return 'passed' in row;
}

/** The results as a table, and below it what was left out of each, and why. */
export function page(rows: readonly (MatrixRow | NotRun)[]): string {
  const notes = [...new Set(rows.flatMap(({ without }) => without))];
  const marksOf = ({ without }: MatrixRow | NotRun): string =>
    without.map((note) => String(notes.indexOf(note) + 1)).join(', ');
  const lines = rows.map((row) => `| ${row.version} | ${resultOf(row)} | ${marksOf(row)} |`);
  return [
    ['| SDK | tests | without |', '| --- | --- | --- |', ...lines].join('\n'),
    ABOUT,
    notes.map((note, at) => `${String(at + 1)}. ${note}`).join('\n'),
  ].join('\n\n');
}

function resultOf(row: MatrixRow | NotRun): string {
  if (!wasRun(row)) return 'not run';
  const { passed, failed, failures } = row;
  if (failures.length === 0 && passed > 0) return `✓ ${String(passed)}`;
  return failed > 0 ? `✗ ${String(failed)} of ${String(passed + failed)}` : '✗';
}
