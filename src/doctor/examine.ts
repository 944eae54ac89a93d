import { textOf } from '../errors.js';
import { DoctorFault } from './fault.js';
import type { Finding, SituationFinding } from './findings.js';
import { ALL, Observed, untried } from './situations.js';
import { NoSession, Stage, type Target } from './stage.js';

export interface Examination {
  readonly findings: readonly SituationFinding[];
  /** Why the situations after these were not tried: the proxy is gone. */
  readonly gone?: DoctorFault;
}

/**
 * Tries every situation, one after the other. One that cannot be tried is said to be so, and not waited for.
 *
 * @param onFinding is told of each as it is found
 */
export async function examine(
  target: Target,
  timeoutMs: number,
  onFinding: (finding: SituationFinding) => void = () => undefined,
): Promise<Examination> {
  const observed = new Observed(target, timeoutMs);
  const findings: SituationFinding[] = [];
  const found = (finding: SituationFinding): void => {
    observed.findings.set(finding.id, finding);
    findings.push(finding);
    onFinding(finding);
  };
  let noSession: NoSession | undefined;
  for (const situation of ALL) {
    const { id, title } = situation;
    const skipped: Finding | undefined = noSession
      ? { verdict: 'untried', detail: 'no new session opens' }
      : untried(situation, target, observed);
    if (skipped !== undefined) {
      found({ id, title, ...skipped, ms: 0 });
      continue;
    }
    const began = performance.now();
    const stage = new Stage(target, timeoutMs);
    let finding: Finding;
    try {
      finding = await situation.run(stage, observed);
    } catch (error) {
      if (error instanceof NoSession) noSession = error;
      finding = { verdict: noSession ? 'hangs' : 'refused', detail: textOf(error) };
    } finally {
      await stage.close();
    }
    const end = await endOf(target);
    if (end !== undefined)
      finding = { verdict: 'lost', detail: `the proxy ended${end instanceof DoctorFault ? '' : end}` };
    if (end !== undefined) {
      await observed.proxyEnded();
      noSession = undefined;
    }
    found({ id, title, ...finding, ms: Math.round(performance.now() - began) });
    if (end instanceof DoctorFault) return { findings, gone: end };
  }
  await observed.close();
  return { findings };
}

/** @returns how the proxy has ended, if it has; the fault, if it is not there again */
async function endOf({ revive }: Target): Promise<string | undefined | DoctorFault> {
  try {
    return await revive?.();
  } catch (error) {
    if (error instanceof DoctorFault) return error;
    throw error;
  }
}
