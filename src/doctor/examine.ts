import { textOf } from '../errors.js';
import type { Finding, SituationFinding } from './findings.js';
import { ALL, Observed } from './situations.js';
import { Stage, type Target } from './stage.js';

/**
 * Tries every situation, one after the other.
 *
 * @param onFinding is told of each as it is found
 */
export async function examine(
  target: Target,
  timeoutMs: number,
  onFinding: (finding: SituationFinding) => void = () => undefined,
): Promise<readonly SituationFinding[]> {
  const observed = new Observed();
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
    const end = await target.revive?.();
    if (end !== undefined) finding = { verdict: 'lost', detail: `the proxy ended${end}` };
    const found = { id, title, ...finding, ms: Math.round(performance.now() - began) };
    findings.push(found);
    onFinding(found);
  }
  return findings;
}
