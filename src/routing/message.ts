/**
 * What kind of message is this, and where does a message of its method belong?
 *
 * Messages are read defensively, because a custom transport may deliver anything. A message that is not recognised here
 * is passed on untouched and never tracked.
 */

/** A JSON-RPC request id. `'1'` and `1` are different ids; `0` and `''` are valid ones. */
export type RequestId = string | number;

/** Any JSON-RPC message, as loosely as a transport may deliver it. */
export interface JsonRpcMessage {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A message that expects a response. */
export interface RequestMessage extends JsonRpcMessage {
  readonly id: RequestId;
  readonly method: string;
}

/** A message that expects no response. */
export interface NotificationMessage extends JsonRpcMessage {
  readonly method: string;
}

/** The result or the error of a request. */
export interface ResponseMessage extends JsonRpcMessage {
  readonly id: RequestId;
}

/** A request or notification, never a response. */
export type MethodMessage = RequestMessage | NotificationMessage;

/**
 * Where messages of a method belong.
 *
 * - `'request'`: on the stream of the request that caused them
 * - `'session'`: on the standalone stream, because no request caused them
 * - `'either'`: on any live stream, preferably the standalone one
 */
export type Scope = 'request' | 'session' | 'either';

/** Whether a request may own a server-initiated message: `'first'` comes before `'second'`, and `'never'` owns none. */
export type OwnerRank = 'first' | 'second' | 'never';

export const RELATED_TASK_KEY = 'io.modelcontextprotocol/related-task';
/** Names the revision in each request of 2026-07-28. */
export const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** True for ids that the protocol allows. JSON-RPC's `null` and fractional ids are not among them. */
export function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id));
}

/** A request or a notification, well formed. */
export function isMethodMessage(message: JsonRpcMessage): message is MethodMessage {
  if (!isObject(message) || typeof message.method !== 'string') return false;
  const { id } = message;
  return id === undefined || isRequestId(id);
}

export function isRequest(message: JsonRpcMessage): message is RequestMessage {
  return isObject(message) && typeof message.method === 'string' && isRequestId(message.id);
}

export function isNotification(message: JsonRpcMessage): message is NotificationMessage {
  return isObject(message) && typeof message.method === 'string' && message.id === undefined;
}

export function isResponse(message: JsonRpcMessage): message is ResponseMessage {
  return (
    isObject(message) &&
    message.method === undefined &&
    isRequestId(message.id) &&
    (message.result !== undefined || message.error !== undefined)
  );
}

/** The built-in scope of a method. A message of an unknown method belongs to a request, like a log message. */
export function scopeOf(method: string): Scope {
  if (method === 'ping') return 'either';
  if (method.endsWith('/list_changed') || method === 'notifications/resources/updated') return 'session';
  return 'request';
}

/**
 * The rank of a client request as the owner of server-initiated messages. SEP-2260 expects such messages from the first
 * four methods. A `tools/list` that comes in while a tool runs is not their owner.
 */
export function ownerRankOf(method: string): OwnerRank {
  switch (method) {
    case 'tools/call':
    case 'prompts/get':
    case 'resources/read':
    case 'tasks/result':
      return 'first';
    case 'initialize':
    case 'ping':
      return 'never';
    default:
      return method.startsWith('tasks/') ? 'never' : 'second';
  }
}

/**
 * Two notifications with the same key carry the same news ("the tools have changed"), so that the newest stands for both.
 * `undefined`: the notification stands only for itself.
 */
export function sameNewsKey(message: MethodMessage): string | undefined {
  if (message.method.endsWith('/list_changed')) return message.method;
  if (message.method !== 'notifications/resources/updated') return undefined;
  return `${message.method} ${stringOrUndefined(param(message, 'uri')) ?? ''}`;
}

/** `params._meta.progressToken` of a request. */
export function progressTokenOf(message: JsonRpcMessage): RequestId | undefined {
  return idOrUndefined(metaOf(message)?.['progressToken']);
}

/** `params.progressToken` of a progress notification. */
export function reportedTokenOf(message: JsonRpcMessage): RequestId | undefined {
  return idOrUndefined(param(message, 'progressToken'));
}

/** `params.requestId` of `notifications/cancelled`. */
export function cancelledIdOf(message: JsonRpcMessage): RequestId | undefined {
  return idOrUndefined(param(message, 'requestId'));
}

/** `params.elicitationId` of a URL-mode elicitation and of its completion. */
export function elicitationIdOf(message: JsonRpcMessage): string | undefined {
  return stringOrUndefined(param(message, 'elicitationId'));
}

/** `params.taskId` of the `tasks/*` methods. */
export function taskIdOf(message: JsonRpcMessage): string | undefined {
  return stringOrUndefined(param(message, 'taskId'));
}

/** The task that a server-initiated message belongs to, if it names one. */
export function relatedTaskIdOf(message: MethodMessage): string | undefined {
  // This is the only task notification without related-task metadata: its own params name the task.
  if (message.method === 'notifications/tasks/status') return taskIdOf(message);
  const related = metaOf(message)?.[RELATED_TASK_KEY];
  return isRecord(related) ? stringOrUndefined(related['taskId']) : undefined;
}

/** `result.task.taskId` of a response that created a task instead of finishing. */
export function createdTaskIdOf(message: JsonRpcMessage): string | undefined {
  const task = isRecord(message.result) ? message.result['task'] : undefined;
  return isRecord(task) ? stringOrUndefined(task['taskId']) : undefined;
}

/** True for a request of the 2026-07-28 revision: each of them names its protocol version in `_meta`. */
export function isModern(message: JsonRpcMessage): boolean {
  return metaOf(message)?.[PROTOCOL_VERSION_KEY] !== undefined;
}

/** `params._meta` of a message. */
export function metaOf(message: JsonRpcMessage): Readonly<Record<string, unknown>> | undefined {
  const meta = param(message, '_meta');
  return isRecord(meta) ? meta : undefined;
}

function param(message: JsonRpcMessage, name: string): unknown {
  const { params } = message;
  if (!isRecord(params)) return undefined;
  // Most messages have no such parameter, and reading it is cheaper than asking whether it is the object's own.
  const value = params[name];
  return value !== undefined && Object.hasOwn(params, name) ? value : undefined;
}

// A custom transport may deliver anything, even `null`.
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Progress tokens and request ids have the same shape; tokens may be any number.
function idOrUndefined(value: unknown): RequestId | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function stringOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
