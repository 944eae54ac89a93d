/** What is found of the questions that were observed. */
import type { Finding } from '../findings.js';
import type { Asked, QuestionStream } from '../questions.js';

/** Where a question came, in words. */
const STREAMS: Readonly<Record<Exclude<QuestionStream, null>, string>> = {
  own: 'on the stream of its call',
  'of another call': "on another call's stream",
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

/** All that were asked in one session: what became of the first that does not work, from the one of this number on. */
export function findingOfAll(seen: readonly Asked[], hasStreams: boolean, from = 1): Finding {
  const each = seen.map((one) => findingOf(one, hasStreams));
  const at = each.findIndex(({ verdict }, index) => index + 1 >= from && verdict !== 'works');
  const [bad, last] = [each[at], each.at(-1)];
  if (bad === undefined) return last ?? { verdict: 'refused', detail: 'nothing was asked' };
  if (at === 0) return bad;
  const name = `question ${String(at + 1)}`;
  return { ...bad, detail: bad.verdict === 'hangs' ? `${name} hangs: ${bad.detail}` : `${name}: ${bad.detail}` };
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
