import { describe, expect, test } from 'vitest';
import { elicit, MODERN, notification, request } from '../support/messages.js';
import { answers, calls, cancels, decide, onBehalfOf, receives, type Row } from '../support/verdict.js';

const message = elicit(9);

describe('evidence explicit', () => {
  test.each<Omit<Row, 'message'>>([
    { title: 'keeps an id in flight', given: [calls(1, 2)], hints: { explicit: 1 }, expected: 'request 1 by explicit' },
    { title: 'keeps the id 0', given: [calls(0, 2)], hints: { explicit: 0 }, expected: 'request 0 by explicit' },
    { title: "keeps the id ''", given: [calls('', 2)], hints: { explicit: '' }, expected: 'request "" by explicit' },
    {
      title: "does not take '1' for 1",
      given: [calls(1, 2)],
      hints: { explicit: '1' },
      expected: 'request 2 by last-inbound',
    },
    {
      title: 'keeps an id that no other evidence would choose',
      given: [receives(request(1, 'initialize')), calls(2)],
      hints: { explicit: 1 },
      expected: 'request 1 by explicit',
    },
    {
      title: 'falls through when its request was answered',
      given: [calls(1, 2), answers(1)],
      hints: { explicit: 1 },
      expected: 'request 2 by sole',
    },
    {
      title: 'names a request that the client cancelled: it is no question of another',
      given: [calls(1, 2), cancels(1)],
      hints: { explicit: 1 },
      expected: 'nowhere: NOT_IN_FLIGHT',
    },
    {
      title: 'names a request that the client cancelled, while several others may be meant',
      given: [calls(1, 2, 3), cancels(1)],
      hints: { explicit: 1 },
      expected: 'nowhere: NOT_IN_FLIGHT',
    },
    {
      title:
        'names a request that the client cancelled, whose client holds no standalone stream: it does not wait for one',
      given: [calls(1, 2), cancels(1)],
      hints: { explicit: 1 },
      standalone: 'closed',
      expected: 'nowhere: NOT_IN_FLIGHT',
    },
    {
      title: 'falls through when there never was such a request',
      given: [calls(2)],
      hints: { explicit: 77 },
      expected: 'request 2 by sole',
    },
  ])('$title', (row) => {
    expect(decide({ ...row, message })).toBe(row.expected);
  });
});

describe('evidence context', () => {
  test.each<Omit<Row, 'message'>>([
    {
      title: 'names the request on whose behalf the message is sent',
      given: [calls(1), onBehalfOf(1), calls(2)],
      expected: 'request 1 by context',
    },
    {
      title: 'names a request of the second rank',
      given: [receives(request(1, 'tools/list')), onBehalfOf(1), calls(2)],
      expected: 'request 1 by context',
    },
    {
      title: 'falls through when its request was answered',
      given: [calls(1), onBehalfOf(1), calls(2), answers(1)],
      expected: 'request 2 by sole',
    },
    {
      title: 'falls through when the client cancelled its request',
      given: [calls(1), onBehalfOf(1), calls(2, 3), cancels(1)],
      expected: 'request 3 by last-inbound',
    },
    {
      title: 'falls through when the id of its request is in use again',
      given: [calls(1), onBehalfOf(1), answers(1), calls(1, 2)],
      expected: 'request 2 by last-inbound',
    },
    {
      title: 'falls through when its request may own nothing',
      given: [receives(request(1, 'initialize')), onBehalfOf(1), calls(2)],
      expected: 'request 2 by sole',
    },
  ])('$title', (row) => {
    expect(decide({ ...row, message })).toBe(row.expected);
  });
});

describe('scope', () => {
  const listChanged = notification('notifications/tools/list_changed');

  test('takes what belongs to the session to the standalone stream', () => {
    const row = { title: '', message: listChanged, hints: { scope: 'session' }, expected: '' } as const;
    expect(decide({ ...row, given: [calls(1), onBehalfOf(1)] })).toBe('standalone by scope');
    expect(decide(row)).toBe('standalone by scope');
  });

  test('lets what may go anywhere go with a request', () => {
    const row = { title: '', message: request(9, 'ping'), hints: { scope: 'either' }, expected: '' } as const;
    expect(decide({ ...row, given: [calls(1)] })).toBe('request 1 by sole');
    expect(decide(row)).toBe('unchanged by nothing-in-flight');
  });
});

describe('modern traffic', () => {
  test.each<Omit<Row, 'message'>>([
    {
      title: 'leaves as it was sent, whatever is in flight',
      given: [receives(request(1, 'tools/call', MODERN)), onBehalfOf(1)],
      expected: 'unchanged by not-inferred',
    },
    {
      title: 'keeps an id that is not in flight',
      given: [receives(request(1, 'tools/call', MODERN))],
      hints: { explicit: 5 },
      expected: 'unchanged by not-inferred',
    },
  ])('$title', (row) => {
    const modern = (ledger: { modern: boolean }): undefined => void (ledger.modern = true);
    expect(decide({ ...row, given: [modern, ...(row.given ?? [])], message })).toBe(row.expected);
  });
});
