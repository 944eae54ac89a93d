import { describe, expect, test } from 'vitest';
import { cancelled, notification } from '../support/messages.js';
import { answers, asks, calls, cancels, decide, isTold, type Row } from '../support/verdict.js';

describe('evidence same-exchange: notifications/cancelled', () => {
  test.each<Row>([
    {
      title: 'goes where the request went that it takes back',
      given: [calls(1, 2), asks(9, 1)],
      message: cancelled(9),
      expected: 'request 1 by same-exchange',
    },
    {
      title: 'goes to the standalone stream, if that request went there',
      given: [calls(1), asks(0)],
      message: cancelled(0),
      expected: 'standalone by same-exchange',
    },
    {
      title: 'goes to the stream of a request that the client has cancelled: no answer has closed it',
      given: [calls(1, 2), asks(9, 1), cancels(1)],
      message: cancelled(9),
      expected: 'request 1 by same-exchange',
    },
    {
      title: 'falls through when the answer has closed that stream',
      given: [calls(1, 2), asks(9, 1), answers(1)],
      message: cancelled(9),
      expected: 'request 2 by sole',
    },
    {
      title: 'falls through when the client has answered what it takes back',
      given: [calls(1, 2), asks(9, 1), isTold(9)],
      message: cancelled(9),
      expected: 'request 2 by last-inbound',
    },
    {
      title: "falls through when it takes back '9', and 9 went out",
      given: [calls(1, 2), asks(9, 1)],
      message: cancelled('9'),
      expected: 'request 2 by last-inbound',
    },
    {
      title: 'falls through when it does not say what it takes back',
      given: [calls(1)],
      message: cancelled(undefined),
      expected: 'request 1 by sole',
    },
  ])('$title', (row) => {
    expect(decide(row)).toBe(row.expected);
  });
});

describe('evidence same-exchange: notifications/elicitation/complete', () => {
  const complete = notification('notifications/elicitation/complete', { elicitationId: 'e' });
  const elicitation = asks(9, 1, { elicitationId: 'e' });

  test.each<Row>([
    {
      title: 'goes where its elicitation went',
      given: [calls(1, 2), elicitation],
      message: complete,
      expected: 'request 1 by same-exchange',
    },
    {
      title: 'goes there also after the client has answered the elicitation',
      given: [calls(1, 2), elicitation, isTold(9)],
      message: complete,
      expected: 'request 1 by same-exchange',
    },
    {
      title: 'goes to the standalone stream when that request was answered',
      given: [calls(1, 2), elicitation, answers(1)],
      message: complete,
      expected: 'standalone by same-exchange',
    },
    {
      title: 'goes to the standalone stream when that request was cancelled',
      given: [calls(1, 2), elicitation, cancels(1)],
      message: complete,
      expected: 'standalone by same-exchange',
    },
    {
      title: 'goes to the standalone stream when its elicitation went there',
      given: [calls(1), asks(9, undefined, { elicitationId: 'e' })],
      message: complete,
      expected: 'standalone by same-exchange',
    },
    {
      title: 'goes to the standalone stream when it names no elicitation',
      given: [calls(1)],
      message: notification('notifications/elicitation/complete'),
      expected: 'standalone by same-exchange',
    },
  ])('$title', (row) => {
    expect(decide(row)).toBe(row.expected);
  });

  test('goes with the last of two requests that carried the same elicitation', () => {
    const given = [calls(1, 2), elicitation, asks(10, 2, { elicitationId: 'e' })];
    const row = { title: '', message: complete, expected: '' };
    expect(decide({ ...row, given })).toBe('request 2 by same-exchange');
    expect(decide({ ...row, given: [...given, answers(1)] })).toBe('request 2 by same-exchange');
  });
});
