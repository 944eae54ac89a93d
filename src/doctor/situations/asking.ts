/** What is found of the questions that were observed. */
import type { Finding } from '../findings.js';
import type { Asked, Questions, QuestionStream } from '../questions.js';

/** Where a question came, in words. */
const STREAMS: Readonly<Record<Exclude<QuestionStream, null>, string>> = {
  own: 'on the stream of its call',
  'of another call': 'on the stream of another call',
  standalone: 'on the GET stream',
  pipe: 'on the pipe',
};

/** @param hasStreams whether a call has a stream of its own */
export function findingOf({ outcome, stream, reason = '' }: Asked, hasStreams: boolean): Finding {
  switch (outcome) {
    case 'hangs':
      return { verdict: 'hangs', detail: stream === null ? 'the question never came' : 'its answer was lost' };
    case 'refused':
      return { verdict: 'refused', detail: reason };
    case 'crossed':
      return { verdict: 'crosses', detail: reason };
    case 'answered': {
      const detail = stream === null ? 'answered without the client' : hasStreams ? STREAMS[stream] : 'answered';
      return { verdict: stream === 'of another call' || stream === null ? 'crosses' : 'works', detail };
    }
  }
}

export function findingOfTwentieth(questions: Questions, hasStreams: boolean): Finding {
  const { first, second, twentieth } = questions;
  if (twentieth !== undefined) return findingOf(twentieth, hasStreams);
  const [which, earlier] = first.outcome === 'answered' ? (['second', second] as const) : (['first', first] as const);
  return { ...findingOf(earlier, hasStreams), detail: `not tried, because of the ${which}` };
}

/** The first, the second and the twentieth together. */
export function findingOfAll(questions: Questions, hasStreams: boolean): Finding {
  const each = [questions.first, questions.second, questions.twentieth].flatMap((one) => one ?? []);
  const bad = each.map((one) => findingOf(one, hasStreams)).find(({ verdict }) => verdict !== 'works');
  return bad ?? findingOf(questions.first, hasStreams);
}

export function findingOfEight(eight: readonly Asked[], hasStreams: boolean): Finding {
  const answered = eight.filter(({ outcome }) => outcome === 'answered');
  const on = (stream: QuestionStream): number => answered.filter((one) => one.stream === stream).length;
  const bad = eight.find(({ outcome }) => outcome !== 'answered');
  const parts = [
    [on('own'), 'on their own streams'],
    [on('of another call'), 'on that of another'],
    [on('standalone'), 'on GET'],
  ] as const;
  const streams = parts.flatMap(([count, where]) => (count > 0 ? `${String(count)} ${where}` : []));
  const told = [`${String(answered.length)} answered`, ...(hasStreams ? streams : [])].join(', ');
  if (bad !== undefined) {
    const { verdict, detail } = findingOf(bad, hasStreams);
    return { verdict, detail: answered.length === 0 ? detail : told };
  }
  return { verdict: on('of another call') + on(null) > 0 ? 'crosses' : 'works', detail: told };
}
