/** Sums up the checks of a scenario, and decides whether another way to the same backend is as good. */

/** As the suite writes it down. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

/** `skip`: nothing was decided. `warn`: nothing failed, but something the specification recommends is not there. */
type Verdict = 'pass' | 'warn' | 'fail' | 'skip';

export interface Outcome {
  readonly verdict: Verdict;
  readonly checks: { readonly success: number; readonly warning: number; readonly failure: number };
  /** What was not right, and why. */
  readonly problems: readonly string[];
}

/** @param checks undefined: the scenario did not come to its end */
export function outcomeOf(checks: readonly Check[] | undefined): Outcome {
  if (checks === undefined) {
    const problems = ['the scenario did not come to its end'];
    return { verdict: 'fail', checks: { success: 0, warning: 0, failure: 0 }, problems };
  }
  const success = count(checks, 'SUCCESS');
  const warning = count(checks, 'WARNING');
  const failure = count(checks, 'FAILURE');
  return {
    verdict: failure > 0 ? 'fail' : warning > 0 ? 'warn' : success > 0 ? 'pass' : 'skip',
    checks: { success, warning, failure },
    problems: checks
      .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
      .map(({ id, errorMessage = 'no reason given' }) => `${id}: ${errorMessage}`),
  };
}

/**
 * What is worse than directly: each check that succeeded directly and does not now, and each that warns
 * or fails and did not directly. Empty when nothing is.
 */
export function regressionsOf(direct: readonly Check[] | undefined, now: readonly Check[] | undefined): string[] {
  if (direct === undefined) return [];
  if (now === undefined) return ['the scenario did not come to its end'];
  const ids = new Set([...direct, ...now].map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const [before, after] = [direct, now].map((checks) => checks.filter((check) => check.id === id));
    if (before === undefined || after === undefined || severityOf(after) <= severityOf(before)) return [];
    const reason = after.find(({ errorMessage }) => errorMessage !== undefined)?.errorMessage;
    return [
      `${id}: ${statusesOf(before)} directly, now ${statusesOf(after)}${reason === undefined ? '' : ` (${reason})`}`,
    ];
  });
}

/** The worst of the checks with one id. One that told nothing is worse than one that succeeded, no more. */
function severityOf(checks: readonly Check[]): number {
  if (count(checks, 'FAILURE') > 0) return 3;
  if (count(checks, 'WARNING') > 0) return 2;
  // Notes on what is sent and received have no outcome, and differ from run to run.
  return count(checks, 'SUCCESS') > 0 ? 0 : 1;
}

function statusesOf(checks: readonly Check[]): string {
  return checks.length === 0 ? 'nothing' : [...new Set(checks.map(({ status }) => status))].join(' and ');
}

function count(checks: readonly Check[], wanted: Check['status']): number {
  return checks.filter(({ status }) => status === wanted).length;
}
