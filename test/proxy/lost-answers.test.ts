/** Which call ends when an answer is lost, on a clock of the test's own. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LostAnswer, type LostAnswerDetails } from '../../src/lost-answer.js';
import { LostAnswers } from '../../src/proxy/lost-answers.js';
import type { RequestId } from '../../src/routing/message.js';
import { progress } from '../support/messages.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Of a session with these calls. */
function losing(...ids: RequestId[]): {
  lost: LostAnswers;
  failed: RequestId[];
  lose: (details?: LostAnswerDetails) => void;
  answer: (id: RequestId) => void;
} {
  const open = new Set(ids);
  const failed: RequestId[] = [];
  const answer = (id: RequestId): void => {
    open.delete(id);
    lost.heardOf(id);
  };
  const lost = new LostAnswers(
    {
      get open() {
        return [...open];
      },
      meantBy: (id) => id,
      withToken: (token) => (open.has(token) ? { id: token, token } : undefined),
    },
    (id) => {
      failed.push(id);
      answer(id);
    },
  );
  const lose = (details: LostAnswerDetails = {}): void => lost.add(new LostAnswer('lost', details));
  return { lost, failed, lose, answer };
}

it('the only call ends after two seconds, unless it is answered', () => {
  const only = losing(1);
  only.lose();
  vi.advanceTimersByTime(1_999);
  expect(only.failed).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(only.failed).toEqual([1]);

  const answered = losing(1);
  answered.lose();
  answered.answer(1);
  vi.advanceTimersByTime(120_000);
  expect(answered.failed).toEqual([]);
});

it('of several, the one that is left ends when the others are answered', () => {
  const { lose, failed, answer } = losing(1, 2, 3);
  lose();
  vi.advanceTimersByTime(30_000);
  answer(2);
  expect(failed).toEqual([]);
  answer(1);
  expect(failed).toEqual([3]);
});

it('a call that makes progress is not meant', () => {
  const { lose, failed, lost } = losing(1, 2);
  lose();
  vi.advanceTimersByTime(5_000);
  lost.heard(progress(2));
  expect(failed).toEqual([1]);
  vi.advanceTimersByTime(120_000);
  expect(failed).toEqual([1]);
});

it('as many end as answers are lost, and a call that came later does not', () => {
  const { lose, failed } = losing(1, 2);
  lose();
  lose();
  // More than there are calls: it answers nobody.
  lose();
  vi.advanceTimersByTime(2_000);
  expect(failed).toEqual([1, 2]);
});

it('all that are left after a minute end', () => {
  const { lose, failed } = losing(1, 2);
  lose();
  vi.advanceTimersByTime(59_999);
  expect(failed).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(failed).toEqual([1, 2]);
});

it('the one that is named ends, and nobody if that is over', () => {
  const { lose, failed } = losing(1, 2);
  lose({ about: 2 });
  lose({ about: 'over' });
  vi.advanceTimersByTime(2_000);
  expect(failed).toEqual([2]);
});

it('what seems to answer a notification that was just sent does not end a call so soon', () => {
  const { lose, failed, lost } = losing(1);
  lost.told();
  lose({ mayAnswerNews: true });
  vi.advanceTimersByTime(10_000);
  expect(failed).toEqual([]);
  lost.stop();
  lose({ mayAnswerNews: true });
  vi.advanceTimersByTime(2_000);
  expect(failed).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});
