import { describe, expect, test } from 'vitest';
import { elicit, notification, ofTask, progress, request, wantsProgress } from '../support/messages.js';
import { answers, calls, decide, receives, type Row } from '../support/verdict.js';

const callWith = (id: number, token: unknown, method?: string): ReturnType<typeof receives> =>
  receives(request(id, method, wantsProgress(token)));
const resultOf = (id: number, taskId: string): ReturnType<typeof receives> =>
  receives(request(id, 'tasks/result', { taskId }));

describe('evidence progress-token', () => {
  test.each<Row>([
    {
      title: 'names the request that brought the token',
      given: [callWith(1, 't'), calls(2)],
      message: progress('t'),
      expected: 'request 1 by progress-token',
    },
    {
      title: 'takes the token 0',
      given: [callWith(1, 0), calls(2)],
      message: progress(0),
      expected: 'request 1 by progress-token',
    },
    {
      title: 'takes a fractional token',
      given: [callWith(1, 1.5), calls(2)],
      message: progress(1.5),
      expected: 'request 1 by progress-token',
    },
    {
      title: 'names a request that may own nothing else',
      given: [callWith(1, 't', 'tasks/get'), calls(2)],
      message: progress('t'),
      expected: 'request 1 by progress-token',
    },
    {
      title: 'refuses a token that nobody brought',
      given: [calls(1)],
      message: progress('t'),
      expected: 'nowhere: UNKNOWN_PROGRESS_TOKEN',
    },
    {
      title: 'refuses a token of another type',
      given: [callWith(1, 7)],
      message: progress('7'),
      expected: 'nowhere: UNKNOWN_PROGRESS_TOKEN',
    },
    {
      title: 'refuses a message without a token',
      given: [calls(1)],
      message: progress(undefined),
      expected: 'nowhere: UNKNOWN_PROGRESS_TOKEN',
    },
    {
      title: 'refuses a token whose request was answered',
      given: [callWith(1, 't'), calls(2), answers(1)],
      message: progress('t'),
      expected: 'nowhere: UNKNOWN_PROGRESS_TOKEN',
    },
    {
      title: 'goes with the newest of two requests that brought the same token',
      given: [callWith(1, 't'), callWith(2, 't'), calls(3), answers(1)],
      message: progress('t'),
      expected: 'request 2 by progress-token',
    },
    {
      title: 'is no evidence for another method',
      given: [callWith(1, 't'), calls(2)],
      message: notification('notifications/message', { progressToken: 't' }),
      expected: 'request 2 by last-inbound',
    },
  ])('$title', (row) => {
    expect(decide(row)).toBe(row.expected);
  });
});

describe('evidence related-task', () => {
  test.each<Row>([
    {
      title: 'names the tasks/result of the task',
      given: [resultOf(1, 'a'), resultOf(2, 'b')],
      message: elicit(9, ofTask('a')),
      expected: 'request 1 by related-task',
    },
    {
      title: 'takes the message to the standalone stream when nobody waits for its task',
      given: [calls(1)],
      message: elicit(9, ofTask('a')),
      expected: 'standalone by related-task',
    },
    {
      title: 'reads the task of a status notification from its params',
      given: [resultOf(1, 'a'), calls(2)],
      message: notification('notifications/tasks/status', { taskId: 'a' }),
      expected: 'request 1 by related-task',
    },
    {
      title: 'is no evidence when no string names the task',
      given: [calls(1)],
      message: elicit(9, ofTask(7)),
      expected: 'request 1 by sole',
    },
    {
      title: 'is no evidence when the meta is no object',
      given: [calls(1)],
      message: elicit(9, { _meta: { 'io.modelcontextprotocol/related-task': 'a' } }),
      expected: 'request 1 by sole',
    },
    {
      title: 'takes progress that names its task by meta',
      given: [resultOf(2, 'a'), calls(3)],
      message: progress('unknown', ofTask('a')),
      expected: 'request 2 by related-task',
    },
  ])('$title', (row) => {
    expect(decide(row)).toBe(row.expected);
  });
});

describe('a progress token of a task', () => {
  const created = [callWith(1, 't'), answers(1, { task: { taskId: 'a' } })];
  const row = { title: '', message: progress('t'), expected: '' };

  test('outlives the call that created the task, and goes to its tasks/result', () => {
    expect(decide({ ...row, given: [...created, resultOf(2, 'a'), calls(3)] })).toBe('request 2 by related-task');
  });

  test('goes to the standalone stream while nobody waits for the task', () => {
    expect(decide({ ...row, given: [...created, calls(3)] })).toBe('standalone by related-task');
  });

  test('ends with the result of the task', () => {
    expect(decide({ ...row, given: [...created, resultOf(2, 'a'), answers(2), calls(3)] })).toBe(
      'nowhere: UNKNOWN_PROGRESS_TOKEN',
    );
  });

  test('ends with no result but that of its own task', () => {
    expect(decide({ ...row, given: [...created, resultOf(2, 'b'), answers(2), calls(3)] })).toBe(
      'standalone by related-task',
    );
  });

  test('belongs to a request that brings the same token later', () => {
    expect(decide({ ...row, given: [...created, callWith(5, 't'), calls(6)] })).toBe('request 5 by progress-token');
  });
});
