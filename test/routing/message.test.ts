import { describe, expect, test } from 'vitest';
import {
  cancelledIdOf,
  createdTaskIdOf,
  elicitationIdOf,
  isMethodMessage,
  isModern,
  isNotification,
  isRequest,
  isRequestId,
  isResponse,
  progressTokenOf,
  relatedTaskIdOf,
  reportedTokenOf,
  sameNewsKey,
  scopeOf,
  taskIdOf,
  type JsonRpcMessage,
} from '../../src/routing/message.js';
import { MODERN, notification, ofTask, request, wantsProgress } from '../support/messages.js';

function kindOf(message: unknown): string {
  const kinds = { request: isRequest, notification: isNotification, response: isResponse };
  const found = Object.entries(kinds).filter(([, is]) => is(message as JsonRpcMessage));
  return found.map(([kind]) => kind).join(' and ') || 'neither';
}

describe('the kind of a message', () => {
  test.each([
    ['request', { id: 1, method: 'm' }],
    ['request', { id: 0, method: 'm' }],
    ['request', { id: '', method: 'm' }],
    ['request', { id: '__proto__', method: 'm' }],
    ['request', { id: -1, method: '', params: null }],
    ['notification', { method: 'm' }],
    ['notification', { method: 'm', id: undefined }],
    ['response', { id: 1, result: {} }],
    ['response', { id: 0, result: null }],
    ['response', { id: '', error: { code: 1, message: '' } }],
    ['neither', { id: null, method: 'm' }],
    ['neither', { id: 1.5, method: 'm' }],
    ['neither', { id: Number.NaN, method: 'm' }],
    ['neither', { id: Number.POSITIVE_INFINITY, method: 'm' }],
    ['neither', { id: {}, method: 'm' }],
    ['neither', { id: true, method: 'm' }],
    ['neither', { id: 1, method: 7 }],
    ['neither', { id: 1 }],
    ['neither', { id: null, error: { code: -32700, message: 'Parse error' } }],
    ['neither', { error: { code: -32700, message: 'Parse error' } }],
    ['neither', { id: 1.5, result: {} }],
    ['neither', { id: 1, method: null, result: {} }],
    ['neither', {}],
    ['neither', []],
    ['neither', [{ id: 1, method: 'm' }]],
    ['neither', null],
    ['neither', undefined],
    ['neither', 'ping'],
    ['neither', 7],
  ])('is %s: %j', (kind, message) => {
    expect(kindOf(message)).toBe(kind);
    expect(isMethodMessage(message as JsonRpcMessage)).toBe(kind === 'request' || kind === 'notification');
  });

  test('is read from the prototype as well, since a message may be an instance of a class', () => {
    class Ping {
      readonly id = 1;
      readonly #method = 'ping';
      get method(): string {
        return this.#method;
      }
    }
    expect(kindOf(new Ping())).toBe('request');
  });

  test.each([0, -1, 1, Number.MAX_SAFE_INTEGER, '', '0', '__proto__'])('takes %j for an id', (id) => {
    expect(isRequestId(id)).toBe(true);
  });
});

describe('the scope of a method', () => {
  test.each([
    ['either', 'ping'],
    ['session', 'notifications/tools/list_changed'],
    ['session', 'notifications/prompts/list_changed'],
    ['session', 'notifications/resources/list_changed'],
    ['session', 'notifications/resources/updated'],
    ['request', 'elicitation/create'],
    ['request', 'sampling/createMessage'],
    ['request', 'roots/list'],
    ['request', 'notifications/message'],
    ['request', 'notifications/progress'],
    ['request', 'x-vendor/anything'],
  ])('is %s: %s', (scope, method) => {
    expect(scopeOf(method)).toBe(scope);
  });
});

describe('what a message says', () => {
  const strange = [undefined, null, 7, 'text', [], {}, { _meta: null }, { _meta: 'text' }, { _meta: {} }];

  test.each(strange)('is nothing, and no error, where params are %j', (params) => {
    const message = { id: 1, method: 'm', params };
    const read = [progressTokenOf, reportedTokenOf, cancelledIdOf, elicitationIdOf, taskIdOf, createdTaskIdOf];
    expect(read.map((of) => of(message))).toEqual(read.map(() => undefined));
    expect(relatedTaskIdOf(message)).toBeUndefined();
    expect(isModern(message)).toBe(false);
  });

  test('is read from its own params only, never from their prototype', () => {
    const params = Object.create({ requestId: 1, taskId: 'a', _meta: { progressToken: 't' } }) as object;
    const message = { method: 'm', params };
    expect([cancelledIdOf(message), taskIdOf(message), progressTokenOf(message)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([0, '', 1.5, 'token'])('may name the token %j', (token) => {
    expect(progressTokenOf(request(1, 'm', wantsProgress(token)))).toBe(token);
    expect(reportedTokenOf(notification('m', { progressToken: token }))).toBe(token);
    expect(cancelledIdOf(notification('m', { requestId: token }))).toBe(token);
  });

  test.each([null, true, {}, ['t']])('cannot name the token %j', (token) => {
    expect(progressTokenOf(request(1, 'm', wantsProgress(token)))).toBeUndefined();
    expect(reportedTokenOf(notification('m', { progressToken: token }))).toBeUndefined();
  });

  test('names its task by meta, a status notification by its params alone', () => {
    expect(relatedTaskIdOf(request(1, 'm', ofTask('a')))).toBe('a');
    expect(relatedTaskIdOf(notification('notifications/tasks/status', { taskId: 'b', ...ofTask('a') }))).toBe('b');
    expect(relatedTaskIdOf(request(1, 'm', ofTask({})))).toBeUndefined();
    expect(relatedTaskIdOf(request(1, 'tasks/get', { taskId: 'b' }))).toBeUndefined();
  });

  test('names the task that an answer has created', () => {
    expect(createdTaskIdOf({ id: 1, result: { task: { taskId: 'a' } } })).toBe('a');
    for (const result of [null, 'a', {}, { task: null }, { task: 'a' }, { task: { taskId: 1 } }]) {
      expect(createdTaskIdOf({ id: 1, result })).toBeUndefined();
    }
  });

  test('shows that it is of the 2026 revision', () => {
    expect(isModern(request(1, 'm', MODERN))).toBe(true);
    expect(isModern(request(1, 'm', wantsProgress('t')))).toBe(false);
  });
});

describe('news that says the same', () => {
  const updated = (uri: unknown): string | undefined =>
    sameNewsKey(notification('notifications/resources/updated', { uri }));

  test('is a list that has changed twice', () => {
    const key = sameNewsKey(notification('notifications/tools/list_changed'));
    expect(key).toBeDefined();
    expect(sameNewsKey(notification('notifications/tools/list_changed', { again: true }))).toBe(key);
    expect(sameNewsKey(notification('notifications/prompts/list_changed'))).not.toBe(key);
  });

  test('is a resource that was updated twice, and not two resources', () => {
    expect(updated('file:///a')).toBeDefined();
    expect(updated('file:///a')).toBe(updated('file:///a'));
    expect(updated('file:///a')).not.toBe(updated('file:///b'));
    expect(updated(undefined)).toBe(updated(1));
    expect(updated(undefined)).not.toBe(updated('file:///a'));
  });

  test('is nothing else: every log message stands for itself', () => {
    expect(sameNewsKey(notification('notifications/message'))).toBeUndefined();
    expect(sameNewsKey(request(1))).toBeUndefined();
  });
});
