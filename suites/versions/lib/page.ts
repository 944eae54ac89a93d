import type { Environment } from '../../lib/environment.js';
import type { SuiteResult } from './suite.js';
import { OUTSIDE } from './table.js';

export interface MatrixRow extends SuiteResult, Environment {
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
  'Each version runs the tests of the contract on its wrapped Streamable HTTP transport, and the end-to-end tests of what users meet:',
  'stale contexts, concurrent calls, a GET stream that opens late or never, abandoned calls, answers in JSON, and clients that vanish.',
  'Servers and clients of each version also meet on our own HTTP transport (`mcp-backchannel/http`): elicitation in a call and without',
  'one, answers in JSON, streams that break or that the server closes, and calls that another client of the session resumes.',
  'With 1.x they also cover every kind of upstream and resumed streams (`suites/versions/lib/table.ts` names the files). Versions',
  'before 1.25 send the headers of an answer to a POST only with its first message; the tests make them send the headers at once',
  '(`suites/lib/early-headers.ts`). Nothing else of the SDK is changed. The column "without" names what was left out:',
].join(' ');

export function wasRun(row: MatrixRow | NotRun): row is MatrixRow {
  return 'passed' in row;
}

/** The results as a table, and below it what was left out of each, and why. */
export function page(rows: readonly (MatrixRow | NotRun)[]): string {
  const notes = [...new Set(rows.flatMap(({ without }) => without))];
  const marksOf = ({ without }: MatrixRow | NotRun): string =>
    without.map((note) => String(notes.indexOf(note) + 1)).join(', ');
  const lines = rows.map((row) => `| ${titleOf(row)} | ${resultOf(row)} | ${marksOf(row)} |`);
  return [
    ['| SDK | tests | without |', '| --- | --- | --- |', ...lines].join('\n'),
    ABOUT,
    notes.map((note, at) => `${String(at + 1)}. ${note}`).join('\n'),
  ].join('\n\n');
}

/** The version, and whether it is one that the package asks for. */
export function titleOf({ name, version }: Pick<NotRun, 'name' | 'version'>): string {
  return name === OUTSIDE ? `${version} (outside the range)` : version;
}

function resultOf(row: MatrixRow | NotRun): string {
  if (!wasRun(row)) return 'not run';
  const { passed, failed, failures } = row;
  if (failures.length === 0 && passed > 0) return `✓ ${String(passed)}`;
  return failed > 0 ? `✗ ${String(failed)} of ${String(passed + failed)}` : '✗';
}
