import { textOf } from '../errors.js';
import { DoctorFault } from './fault.js';
import type { Finding, SituationFinding } from './findings.js';
import { ALL, Observed } from './situations.js';
import { Stage, type Target } from './stage.js';

export interface Examination {
  readonly findings: readonly SituationFinding[];
  /** Why the situations after these were not tried: the proxy is gone. */
  readonly gone?: DoctorFault;
}

/**
 * Tries every situation, one after the other.
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
  for (const { id, title, run } of ALL) {
    const began = performance.now();
    const stage = new Stage(target, timeoutMs);
    let finding: Finding;
    try {
      finding = await run(stage, observed);
    } catch (error) {
      finding = { verdict: 'refused', detail: textOf(error) };
    } finally {
      await stage.close();
    }
    const end = await endOf(target);
    if (end !== undefined)
      finding = { verdict: 'lost', detail: `the proxy ended${end instanceof DoctorFault ? '' : end}` };
    if (end !== undefined) await observed.proxyEnded();
    observed.findings.set(id, finding);
    const found = { id, title, ...finding, ms: Math.round(performance.now() - began) };
    findings.push(found);
    onFinding(found);
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
