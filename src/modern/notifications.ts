/** Notifications of a backend of an earlier revision, as a modern client gets them on the stream of its request. */
import { withChangedText } from '../changed-text.js';
import { isRecord, scopeOf, type NotificationMessage, type RequestId } from '../routing/message.js';
import { isWanted, type LogLevel } from './log-level.js';

/** What the request says about its stream. */
export interface ToldMeanwhile {
  readonly logLevel?: LogLevel | undefined;
  readonly progressToken?: RequestId | undefined;
}

/** Notifications that no longer exist, or that concern what a modern client does not know of. */
const GONE: ReadonlySet<string> = new Set([
  'notifications/cancelled',
  'notifications/elicitation/complete',
  'notifications/tasks/status',
]);

/** @returns `undefined` if it has no place on the stream of this request. Changes are told to those who listen. */
export function notificationFor(message: NotificationMessage, wanted: ToldMeanwhile): NotificationMessage | undefined {
  const { method, params } = message;
  if (method === 'notifications/progress') return progressFor(message, wanted.progressToken);
  if (method === 'notifications/message') return isWantedLog(params, wanted.logLevel) ? message : undefined;
  return GONE.has(method) || scopeOf(method) === 'session' ? undefined : message;
}

/** The client knows its progress under its own token. */
function progressFor(message: NotificationMessage, token: RequestId | undefined): NotificationMessage | undefined {
  if (token === undefined || !isRecord(message.params)) return undefined;
  return withChangedText({ ...message, params: { ...message.params, progressToken: token } }, message);
}

function isWantedLog(params: unknown, least: LogLevel | undefined): boolean {
  return isRecord(params) && isWanted(params['level'], least);
}
