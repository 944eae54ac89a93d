import type { SuiteResult } from './suite.js';

export interface MatrixRow extends SuiteResult {
  readonly version: string;
  /** What cannot be tested with it, and why. */
  readonly without?: string;
}

/** The results as a table. */
export function page(rows: readonly MatrixRow[]): string {
  const lines = rows.map(({ version, passed, failed, without = '' }) => {
    const result = failed === 0 ? `✓ ${passed}` : `✗ ${failed} of ${passed + failed}`;
    return `| ${version} | ${result} | ${without} |`;
  });
  return ['| SDK | tests | without |', '| --- | --- | --- |', ...lines].join('\n');
}
