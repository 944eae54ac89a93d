/** What is known of the streams decides which evidence can be followed. */
import { describe, expect, test } from 'vitest';
import { adrift, asks, calls, cancels, decide, onBehalfOf, receives, type Row } from '../support/verdict.js';
import { cancelled, elicit, notification, ofTask, progress, request, wantsProgress } from '../support/messages.js';

const TASK = receives(request(4, 'tasks/result', { taskId: 'task' }));
const LIST_CHANGED = notification('notifications/tools/list_changed');
const completed = notification('notifications/elicitation/complete', { elicitationId: 'e' });

function table(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    test.each(rows)('$title', (row) => {
      expect(decide(row)).toBe(row.expected);
    });
  });
}

/** Each names request 1, whose stream is gone; request 2 came later and is alive. */
const fallsThrough: Row[] = [
  {
    title: 'explicit, of a notification',
    given: [calls(1, 2), adrift(1)],
    message: notification('notifications/message'),
    hints: { explicit: 1 },
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'progress-token',
    given: [receives(request(1, 'tools/call', wantsProgress('t'))), calls(2), adrift(1)],
    message: progress('t'),
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'same-exchange, of a cancellation',
    given: [calls(1, 2), asks(5, 1), adrift(1)],
    message: cancelled(5),
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'same-exchange, of a cancellation after the client has cancelled the request too',
    given: [calls(1, 2), asks(5, 1), adrift(1), cancels(1)],
    message: cancelled(5),
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'same-exchange, of a completed elicitation',
    given: [calls(1, 2), asks(5, 1, { elicitationId: 'e' }), adrift(1)],
    message: completed,
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'same-exchange, of a question that went on the standalone stream',
    given: [calls(2), asks(5)],
    message: cancelled(5),
    expected: 'request 2 by sole',
  },
  {
    title: 'context, of a notification',
    given: [calls(1, 2), adrift(1), onBehalfOf(1)],
    message: notification('notifications/message'),
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'sole',
    given: [calls(1), adrift(1)],
    message: elicit(9),
    expected: 'parked until any-stream',
  },
  {
    title: 'last-inbound',
    given: [calls(1, 2, 3), adrift(3)],
    message: elicit(9),
    expected: 'request 2 by last-inbound',
  },
];

table(
  'evidence for a request whose stream is gone falls through to the next: no standalone stream',
  fallsThrough.map((row) => ({ ...row, standalone: 'closed' })),
);
table(
  'evidence for a request whose stream is gone falls through to the next: standalone stream open',
  fallsThrough.map((row) => ({
    ...row,
    standalone: 'open',
    expected:
      {
        'same-exchange, of a completed elicitation': 'standalone by same-exchange',
        'same-exchange, of a question that went on the standalone stream': 'standalone by same-exchange',
        sole: 'standalone by nothing-in-flight',
      }[row.title] ?? row.expected,
  })),
);

/** The client has left the stream of request 1. Request 2 is another call of the same user. */
const ofVanished: Omit<Row, 'expected'>[] = [
  { title: 'by its explicit id', given: [calls(1, 2), adrift(1)], message: elicit(9), hints: { explicit: 1 } },
  { title: 'by its context', given: [calls(1, 2), adrift(1), onBehalfOf(1)], message: elicit(9) },
  {
    title: 'by both',
    given: [calls(1, 2), adrift(1), onBehalfOf(1)],
    message: request(9, 'sampling/createMessage'),
    hints: { explicit: 1 },
  },
];
table('a server request whose owner is known, and whose client has left that stream, is not put to another call', [
  ...ofVanished.flatMap((row): Row[] => [
    {
      ...row,
      title: `${row.title}: it goes on the standalone stream`,
      standalone: 'open',
      expected: 'standalone by nothing-in-flight',
    },
    {
      ...row,
      title: `${row.title}: without one it waits`,
      standalone: 'closed',
      expected: 'parked until any-stream',
    },
  ]),
  {
    title: 'unless its context owns nothing',
    given: [receives(request(1, 'initialize')), calls(2), adrift(1), onBehalfOf(1)],
    message: elicit(9),
    standalone: 'closed',
    expected: 'request 2 by sole',
  },
  {
    title: 'unless it is a ping, which belongs to no call',
    given: [calls(1, 2), adrift(1), onBehalfOf(1)],
    message: request(9, 'ping'),
    hints: { scope: 'either', explicit: 1 },
    standalone: 'closed',
    expected: 'request 2 by last-inbound',
  },
]);

table('a message of a task', [
  {
    title: 'goes on the stream that waits for the result',
    given: [TASK],
    message: elicit(9, ofTask('task')),
    standalone: 'open',
    expected: 'request 4 by related-task',
  },
  {
    title: 'goes on the standalone stream when that stream is gone',
    given: [TASK, adrift(4)],
    message: elicit(9, ofTask('task')),
    standalone: 'open',
    expected: 'standalone by related-task',
  },
  {
    title: 'waits when there is neither, whatever else is in flight',
    given: [TASK, adrift(4), calls(1)],
    message: elicit(9, ofTask('task')),
    standalone: 'closed',
    expected: 'parked until any-stream',
  },
]);

table('requests answered in JSON: nothing goes on the stream of one', [
  ...[
    { title: 'explicit', given: [calls(1)], message: elicit(9), hints: { explicit: 1 } },
    {
      title: 'progress-token',
      given: [receives(request(1, 'tools/call', wantsProgress('t')))],
      message: progress('t'),
    },
    { title: 'context', given: [calls(1, 2), onBehalfOf(1)], message: elicit(9) },
    { title: 'sole', given: [calls(1)], message: elicit(9) },
    { title: 'last-inbound', given: [calls(1, 2)], message: elicit(9) },
    { title: 'nothing to be ambiguous', given: [calls(1, 2)], message: elicit(9), hints: { ambiguous: 'reject' } },
  ].flatMap((row): Row[] => [
    {
      ...(row as Omit<Row, 'expected'>),
      title: `${row.title}: on the standalone stream`,
      requests: 'closed',
      standalone: 'open',
      expected: 'standalone by nothing-in-flight',
    },
    {
      ...(row as Omit<Row, 'expected'>),
      title: `${row.title}: without one it waits`,
      requests: 'closed',
      standalone: 'closed',
      expected: 'parked until any-stream',
    },
  ]),
  {
    title: 'same-exchange: on the standalone stream',
    given: [calls(1), asks(5, 1)],
    message: cancelled(5),
    requests: 'closed',
    standalone: 'open',
    expected: 'standalone by nothing-in-flight',
  },
  {
    title: 'an id in flight is not given to a transport that nobody watches: it would drop the message',
    given: [calls(1)],
    message: elicit(9),
    hints: { explicit: 1 },
    requests: 'closed',
    expected: 'standalone by nothing-in-flight',
  },
  {
    title: 'without an id the message is left as it is where nobody watches',
    given: [calls(1)],
    message: elicit(9),
    requests: 'closed',
    expected: 'unchanged by nothing-in-flight',
  },
]);

const ping: Omit<Row, 'title' | 'expected'> = { message: request(9, 'ping'), hints: { scope: 'either' } };
table('a ping goes', [
  {
    ...ping,
    title: 'on the standalone stream, though a request is in flight',
    given: [calls(1)],
    standalone: 'open',
    expected: 'standalone by scope',
  },
  {
    ...ping,
    title: 'else on a live request stream',
    given: [calls(1, 2), adrift(1)],
    standalone: 'closed',
    expected: 'request 2 by last-inbound',
  },
  {
    ...ping,
    title: "on any of several when ambiguous is 'reject': it belongs to none",
    given: [calls(1, 2)],
    hints: { scope: 'either', ambiguous: 'reject' },
    standalone: 'closed',
    expected: 'request 2 by last-inbound',
  },
  {
    ...ping,
    title: 'nowhere when no stream is open: who cannot be reached does not answer later',
    given: [calls(1), adrift(1)],
    standalone: 'closed',
    expected: 'nowhere: NO_STREAM',
  },
  {
    ...ping,
    title: 'nowhere when requests are answered in JSON and no standalone stream is open',
    given: [calls(1)],
    standalone: 'closed',
    requests: 'closed',
    expected: 'nowhere: NO_STREAM',
  },
]);

const news: Omit<Row, 'title' | 'expected'> = { message: LIST_CHANGED, hints: { scope: 'session' } };
const overdueNews: typeof news = { message: LIST_CHANGED, hints: { scope: 'session', overdue: true } };
table('a session-wide message', [
  { ...news, title: 'goes on the standalone stream', standalone: 'open', expected: 'standalone by scope' },
  {
    ...news,
    title: 'waits for it, though a request is in flight',
    given: [calls(1)],
    standalone: 'closed',
    expected: 'parked until standalone',
  },
  {
    ...overdueNews,
    title: 'that is overdue goes on the newest live request stream',
    given: [calls(1, 2, 3), adrift(3)],
    standalone: 'closed',
    expected: 'request 2 by scope',
  },
  {
    ...overdueNews,
    title: 'that is overdue still goes on the standalone stream if there is one',
    given: [calls(1)],
    standalone: 'open',
    expected: 'standalone by scope',
  },
  {
    ...overdueNews,
    title: 'that is overdue waits on when nothing is in flight',
    standalone: 'closed',
    expected: 'parked until standalone',
  },
  {
    ...overdueNews,
    title: 'that is overdue waits on when all streams are gone',
    given: [calls(1), adrift(1)],
    standalone: 'closed',
    expected: 'parked until standalone',
  },
  {
    ...overdueNews,
    title: 'that is overdue waits on when requests are answered in JSON',
    given: [calls(1)],
    standalone: 'closed',
    requests: 'closed',
    expected: 'parked until standalone',
  },
]);
