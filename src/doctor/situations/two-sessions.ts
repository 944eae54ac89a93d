import type { Finding } from '../findings.js';
import { observeTwoSessions } from '../sessions.js';
import type { Stage } from '../stage.js';
import { findingOf } from './asking.js';

const WORDS: Readonly<Record<string, string>> = {
  'elicitation/create': 'questions',
  'notifications/message': 'logs',
  'notifications/progress': 'progress',
  'tools/call': 'answers',
};

/** Two sessions ask, log and report at once, with the same request ids. */
export async function twoSessions({ tool, timeoutMs, openWithGet, hasStreams }: Stage): Promise<Finding> {
  const seen = await observeTwoSessions({ open: openWithGet, tool, timeoutMs });
  const backends = seen.backendPerSession ? 'a backend session for each' : 'one backend session for all';
  if (seen.crossed.length > 0) {
    const what = seen.crossed.map((method) => WORDS[method] ?? method).join(', ');
    return { verdict: 'crosses', detail: `${what} came to the other, ${backends}` };
  }
  if (seen.isSilent) return { verdict: 'hangs', detail: 'a call that asks nothing got no answer' };
  const bad = seen.questions.map((one) => findingOf(one, hasStreams)).find(({ verdict }) => verdict !== 'works');
  // Within its own session, that is.
  if (bad?.verdict === 'crosses') return { ...bad, detail: `${bad.detail}, ${backends}` };
  if (bad !== undefined) return { ...bad, detail: `nothing crossed, ${backends}; ${bad.detail}` };
  return { verdict: 'works', detail: `nothing crossed, ${backends}` };
}
