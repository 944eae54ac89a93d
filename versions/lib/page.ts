import type { SuiteResult } from './suite.js';

export interface MatrixRow extends SuiteResult {
  /** As in `table.ts`. */
  readonly name: string;
  readonly version: string;
  /** What cannot be tested with it, and why. */
  readonly without?: string;
}

export interface NotRun {
  readonly name: string;
  readonly version: string;
  readonly without: string;
}

export function wasRun(row: MatrixRow | NotRun): row is MatrixRow {
  return 'passed' in row;
}

/** The results as a table. */
export function page(rows: readonly (MatrixRow | NotRun)[]): string {
  const lines = rows.map(
    (row) => `| ${row.version} | ${wasRun(row) ? resultOf(row) : 'not run'} | ${withoutOf(row)} |`,
  );
  const notes = [
    'Tests wait for the head of an event stream to know that a call has arrived. Versions before 1.27.1 of this table',
    'write the head of an answer to a POST with its first message only; for them the tests (`versions/lib/early-headers.ts`)',
    'send it at once. Nothing else of the SDK is changed.',
  ].join(' ');
  return `${['| SDK | tests | without |', '| --- | --- | --- |', ...lines].join('\n')}\n\n${notes}`;
}

function resultOf({ passed, failed, failures }: MatrixRow): string {
  return failures.length === 0 && passed > 0
    ? `✓ ${String(passed)}`
    : `✗ ${String(failed)} of ${String(passed + failed)}`;
}

function withoutOf(row: MatrixRow | NotRun): string {
  return wasRun(row) ? (row.without ?? '') : '';
}
