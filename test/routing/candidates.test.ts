/** What happens when nothing claims the message: the rules `sole`, `last-inbound`, and nothing in flight. */
import { describe, expect, test } from 'vitest';
import { elicit, request } from '../support/messages.js';
import { answers, cancels, decide, receives, type Row, type Step } from '../support/verdict.js';

/** Requests of these methods come in, with the ids 1, 2, 3. */
function methods(...names: string[]): Step {
  return receives(...names.map((method, index) => request(index + 1, method)));
}

type Question = Omit<Row, 'message'>;

const sole: Question[] = [
  {
    title: 'one request is in flight',
    given: [methods('tools/call')],
    expected: 'request 1 by sole',
  },
  {
    title: 'one is left',
    given: [methods('tools/call', 'tools/call'), answers(2)],
    expected: 'request 1 by sole',
  },
  {
    title: 'one of the first rank, though one of the second came later',
    given: [methods('tools/call', 'tools/list')],
    expected: 'request 1 by sole',
  },
  {
    title: 'one of the second rank, and none of the first',
    given: [methods('tools/list')],
    expected: 'request 1 by sole',
  },
  {
    title: 'one in addition to such as own nothing',
    given: [methods('initialize', 'tools/call', 'ping', 'tasks/get')],
    expected: 'request 2 by sole',
  },
  {
    title: "one, and 'reject' has nothing to reject",
    given: [methods('tools/call', 'tools/list')],
    hints: { ambiguous: 'reject' },
    expected: 'request 1 by sole',
  },
];

const lastInbound: Question[] = [
  {
    title: 'the newest of several',
    given: [methods('tools/call', 'prompts/get', 'resources/read')],
    expected: 'request 3 by last-inbound',
  },
  {
    title: 'the newest that is left',
    given: [methods('tools/call', 'tools/call', 'tools/call'), answers(3)],
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'the newest that the client has not cancelled',
    given: [methods('tools/call', 'tools/call', 'tools/call'), cancels(3)],
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'the newest of the first rank',
    given: [methods('tools/call', 'tasks/result', 'tools/list', 'completion/complete')],
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'the newest of the second rank, if there is no other',
    given: [methods('tools/list', 'completion/complete')],
    expected: 'request 2 by last-inbound',
  },
  {
    title: "refused when ambiguous is 'reject'",
    given: [methods('tools/call', 'tools/call')],
    hints: { ambiguous: 'reject' },
    expected: 'nowhere: AMBIGUOUS',
  },
  {
    title: "refused for the second rank too when ambiguous is 'reject'",
    given: [methods('tools/list', 'tools/list')],
    hints: { ambiguous: 'reject' },
    expected: 'nowhere: AMBIGUOUS',
  },
];

const nothing: Question[] = [
  { title: 'no id given: as it was sent', expected: 'unchanged by nothing-in-flight' },
  {
    title: 'no id given, one stream: as it was sent',
    standalone: 'assumed',
    expected: 'unchanged by nothing-in-flight',
  },
  {
    title: 'a dead id given: refused, because the transport would throw',
    hints: { explicit: 1 },
    expected: 'nowhere: NOT_IN_FLIGHT',
  },
  {
    title: 'the dead id 0 given: refused',
    hints: { explicit: 0 },
    expected: 'nowhere: NOT_IN_FLIGHT',
  },
  {
    title: 'a dead id given, one stream: on that stream, without the id',
    hints: { explicit: 1 },
    standalone: 'assumed',
    expected: 'standalone by nothing-in-flight',
  },
  {
    title: 'only such in flight as own nothing: as it was sent',
    given: [methods('initialize', 'ping', 'tasks/list', 'tasks/cancel')],
    expected: 'unchanged by nothing-in-flight',
  },
  {
    title: "nothing to reject when ambiguous is 'reject'",
    hints: { ambiguous: 'reject' },
    expected: 'unchanged by nothing-in-flight',
  },
];

describe.each(Object.entries({ sole, 'last-inbound': lastInbound, 'nothing in flight': nothing }))(
  '%s',
  (_name, rows) => {
    test.each(rows)('$title', (row) => {
      expect(decide({ ...row, message: elicit(9) })).toBe(row.expected);
    });
  },
);

describe('rank of a request as an owner', () => {
  test.each([
    ['first', 'tools/call'],
    ['first', 'prompts/get'],
    ['first', 'resources/read'],
    ['first', 'tasks/result'],
    ['second', 'tools/list'],
    ['second', 'resources/subscribe'],
    ['second', 'x-vendor/anything'],
    ['never', 'initialize'],
    ['never', 'ping'],
    ['never', 'tasks/get'],
    ['never', 'tasks/list'],
    ['never', 'tasks/cancel'],
  ])('is %s for %s', (rank, method) => {
    const withAnother = (other: string): string =>
      decide({ title: '', message: elicit(9), expected: '', given: [methods(method, other)] });
    // Against one that comes later: first wins over second, second over none, never over nothing.
    expect(withAnother('logging/setLevel')).toBe(
      { first: 'request 1 by sole', second: 'request 2 by last-inbound', never: 'request 2 by sole' }[rank],
    );
  });
});
