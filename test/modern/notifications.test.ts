import { expect, it } from 'vitest';
import { jsonOf } from '../../src/json-messages.js';
import type { LogLevel } from '../../src/modern/log-level.js';
import { notificationFor } from '../../src/modern/notifications.js';
import { keepText } from '../../src/original-text.js';

const notification = (method: string, params?: object) => ({ jsonrpc: '2.0', method, ...(params && { params }) });
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

it('tells progress under the token of the client', () => {
  const progress = notification('notifications/progress', { progressToken: 7, progress: 1, message: 'half' });
  expect(notificationFor(progress, { progressToken: 'theirs' })).toEqual(
    notification('notifications/progress', { progressToken: 'theirs', progress: 1, message: 'half' }),
  );
  expect(notificationFor(progress, { progressToken: 0 })).toMatchObject({ params: { progressToken: 0 } });
});

it('tells no progress if the client did not ask for any', () => {
  expect(notificationFor(notification('notifications/progress', { progressToken: 7 }), {})).toBeUndefined();
  expect(notificationFor(notification('notifications/progress'), { progressToken: 1 })).toBeUndefined();
});

it('writes progress as the backend has written it', () => {
  const text = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1.0}}';
  const message = JSON.parse(text) as { method: string };
  keepText(message, text);
  const told = notificationFor(message, { progressToken: 'a' });
  expect(told && jsonOf(told)).toBe(text.replace('7', '"a"'));
});

it.each(LEVELS)('sends log messages of the level %s and above', (least) => {
  const sent = LEVELS.filter((level) => {
    const log = notification('notifications/message', { level, data: 'a' });
    return notificationFor(log, { logLevel: least }) === log;
  });
  expect(sent).toEqual(LEVELS.slice(LEVELS.indexOf(least)));
});

it('sends no log messages that were not asked for, or whose level is none', () => {
  expect(notificationFor(notification('notifications/message', { level: 'emergency' }), {})).toBeUndefined();
  for (const params of [{ level: 'loud' }, { level: 5 }, {}, undefined])
    expect(notificationFor(notification('notifications/message', params), { logLevel: 'debug' })).toBeUndefined();
});

it.each([
  'notifications/cancelled',
  'notifications/elicitation/complete',
  'notifications/tasks/status',
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
])('%s has no place on the stream of a request', (method) => {
  expect(notificationFor(notification(method, {}), { logLevel: 'debug', progressToken: 1 })).toBeUndefined();
});

it('passes on what it does not know', () => {
  const own = notification('com.example/a', { b: 1 });
  expect(notificationFor(own, {})).toBe(own);
});
