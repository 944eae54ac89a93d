import type { ModernOutcome } from './results.js';

export function outcomeText(outcome: ModernOutcome): string {
  if (outcome.kind !== 'refused') return outcome.kind;
  const { status, code } = outcome;
  const how = [...(status === null ? [] : [String(status)]), ...(code === null ? [] : [String(code)])];
  return how.length === 0 ? 'refused' : `refused (${how.join(', ')})`;
}
