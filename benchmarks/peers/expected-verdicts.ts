/** What the doctor has to say of a proxy whose behaviour is in the results. */
import type { SituationId, Verdict } from '../../src/doctor/findings.js';
import type { Behaviour, Outcome, Questions } from './results.js';

export function expectedVerdicts(behaviour: Behaviour): Partial<Readonly<Record<SituationId, Verdict>>> {
  const { wire, standaloneNeverOpened, standaloneOpen } = behaviour;
  const hasStreams = wire === 'streamable-http';
  const without = standaloneNeverOpened ?? standaloneOpen;
  const verdicts = each(without);
  const all = each(standaloneOpen);
  return {
    ...verdicts,
    eight: ofEight(without, hasStreams),
    'with-get': hasStreams ? (Object.values(all).find((verdict) => verdict !== 'works') ?? 'works') : 'unsupported',
    'eight-with-get': hasStreams ? ofEight(standaloneOpen, true) : 'unsupported',
  };
}

function each(questions: Questions): Record<'first' | 'second' | 'twentieth', Verdict> {
  const { first, second, twentieth } = questions;
  return { first: verdictOf(first), second: verdictOf(second), twentieth: verdictOf(twentieth) };
}

function ofEight({ first, stream, eightAtOnce: { answered, onOwnStream } }: Questions, hasStreams: boolean): Verdict {
  if (answered < 8) return verdictOf(first);
  const isOwn = onOwnStream === 8 || !hasStreams || stream === 'standalone';
  return isOwn ? 'works' : 'crosses';
}

function verdictOf(outcome: Outcome): Verdict {
  return ({ answered: 'works', failed: 'refused', hang: 'hangs', 'not tried': 'untried' } as const)[outcome];
}
