/**
 * Requests of revision 2026-07-28. Each says in its `_meta` what a session said once before: the envelope. This file
 * reads it and names the rule that a request breaks.
 *
 * | rule, in this order | refusal |
 * |---|---|
 * | the body is one request or notification | 400 -32600 |
 * | `initialize` opens a session of an earlier revision | 400 -32020 |
 * | the envelope names a version and the capabilities, and is well formed | 400 -32602 |
 * | the headers repeat what the body says | 400 -32020 |
 * | the version is supported | 400 -32022 |
 * | the headers are all there | 400 -32020 |
 * | the method exists | 404 -32601 |
 * | what a retry brings is well formed | 200 -32602 |
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
import { isMeta } from '../meta.js';
import { MODERN_VERSION, PROTOCOL_VERSION_KEY } from '../modern-era.js';
import { isRecord, isRequestId, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { contradiction, missingHeader, versionIn, type HeadersToRead } from './header-checks.js';
import { invalidKey, readMeta, type Envelope, type Fields } from './meta.js';
import {
  headerMismatch,
  invalidParams,
  invalidRequest,
  methodNotFound,
  refusedIdOf,
  unsupportedVersion,
  type Refusal,
} from './refusal.js';

/** A request of a modern client, without fault. */
export interface ModernCall extends Envelope {
  readonly kind: 'call';
  readonly id: RequestId;
  readonly method: string;
  /** As they were sent, with the envelope. */
  readonly params: Fields;
  /** As it was posted. Its text may be known. */
  readonly message: JsonRpcMessage;
  /** The client's answers to the server requests of the round before, by their keys. */
  readonly inputResponses?: Fields;
  /** What the round before has told the client to send back. */
  readonly requestState?: string;
}

/** A notification of a modern client. It needs no envelope. */
export interface ModernNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Fields;
}

/** The methods whose result may be `input_required`, so that they may be retried. */
const RETRIED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Methods of earlier revisions. Those of tasks have become an extension. */
const REMOVED: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

/** Whether it is for {@link readEnvelope} to say what this is. All else belongs to the earlier revisions. */
export function isModern(message: unknown, headers: HeadersToRead): boolean {
  const version = versionIn(headers);
  // Versions are dates.
  if (version !== undefined && version >= MODERN_VERSION) return true;
  return Array.isArray(message) ? message.some(claimsVersion) : claimsVersion(message);
}

/** The version counts as claimed even if it is none: the client must learn of it. */
function claimsVersion(message: unknown): boolean {
  if (!isRecord(message) || !isRecord(message['params'])) return false;
  const { _meta: meta } = message['params'];
  return isRecord(meta) && Object.hasOwn(meta, PROTOCOL_VERSION_KEY);
}

/**
 * What a client has posted, if {@link isModern} says so. It never throws.
 *
 * @param hasTasks the backend may have the extension of tasks. Without a backend of this revision, there is none
 */
export function readEnvelope(
  message: unknown,
  headers: HeadersToRead,
  hasTasks = false,
): ModernCall | ModernNotification | Refusal {
  if (Array.isArray(message))
    return invalidRequest(null, `JSON-RPC batches may not contain requests for protocol revision ${MODERN_VERSION}`);
  const id = refusedIdOf(message);
  if (!isRecord(message) || message['jsonrpc'] !== '2.0')
    return invalidRequest(id, 'the request body is not a valid JSON-RPC message');
  const { method, params = {} } = message;
  if (method === undefined && (message['result'] !== undefined || message['error'] !== undefined))
    return invalidRequest(null, 'JSON-RPC responses cannot be posted to this endpoint');
  if (typeof method !== 'string' || !isRecord(params) || !isMeta(params['_meta']))
    return invalidRequest(id, 'the request body is not a valid JSON-RPC message');
  if (message['id'] === undefined) return readNotification(method, params, headers);
  if (!isRequestId(message['id'])) return invalidRequest(null, 'the id of a request is a string or an integer');
  return readCall({ id: message['id'], method, params, message }, headers, hasTasks);
}

type RequestParts = Pick<ModernCall, 'id' | 'method' | 'params' | 'message'>;

function readCall(request: RequestParts, headers: HeadersToRead, hasTasks: boolean): ModernCall | Refusal {
  const { id, method, params } = request;
  if (method === 'initialize' && !claimsVersion({ params }))
    return headerMismatch(id, versionIn(headers), 'an initialize request names a protocol version with sessions');
  const read = readMeta(id, params['_meta']);
  if (read.kind === 'refusal') return read;
  const { version, envelope } = read;
  const wrong = contradiction(request, version, headers);
  if (wrong !== undefined) return wrong;
  if (version !== MODERN_VERSION) return unsupportedVersion(id, version);
  const missing = missingHeader(request, version, headers);
  if (missing !== undefined) return missing;
  if (REMOVED.has(method) || isOfTasks(method, hasTasks)) return methodNotFound(id);
  return withRetry({ kind: 'call', ...request, ...envelope });
}

function isOfTasks(method: string, hasTasks: boolean): boolean {
  return !hasTasks && method.startsWith('tasks/');
}

/** What is left to know of a call while it waits for its client. Its body may be large, and its retry brings it again. */
export function withoutBody({ inputResponses: _responses, ...call }: ModernCall): ModernCall {
  return { ...call, params: {}, message: { jsonrpc: '2.0' } };
}

/** On other methods the two are params like any other, without meaning. */
function withRetry(call: ModernCall): ModernCall | Refusal {
  if (!RETRIED.has(call.method)) return call;
  const { inputResponses, requestState } = call.params;
  if (requestState !== undefined && typeof requestState !== 'string')
    return invalidParams(call.id, 'Invalid params: requestState is no string');
  if (inputResponses !== undefined && !isRecord(inputResponses))
    return invalidParams(call.id, 'Invalid params: inputResponses is no object');
  return {
    ...call,
    ...(inputResponses !== undefined && { inputResponses }),
    ...(requestState !== undefined && { requestState }),
  };
}

function readNotification(method: string, params: Fields, headers: HeadersToRead): ModernNotification | Refusal {
  const claimed = isRecord(params['_meta']) ? params['_meta'][PROTOCOL_VERSION_KEY] : undefined;
  const version = claimed ?? versionIn(headers) ?? MODERN_VERSION;
  if (typeof version !== 'string') return invalidKey(null, PROTOCOL_VERSION_KEY, 'expected a string');
  const wrong = contradiction({ id: null, method, params }, version, headers);
  if (wrong !== undefined) return wrong;
  return version === MODERN_VERSION ? { kind: 'notification', method, params } : unsupportedVersion(null, version);
}
