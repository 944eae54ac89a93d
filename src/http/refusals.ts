/** The answers to HTTP requests that are refused. Statuses, codes and texts are those of the SDK's transport. */
import type { ServerResponse } from 'node:http';
import { asError } from '../errors.js';
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, SERVER_ERROR } from '../rpc-codes.js';

/** The answer to a request that is refused. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data?: string;
  /** What `onerror` is told, if that is not `message`. `null`: nothing, because nobody has done anything wrong. */
  readonly reported?: Error | null;
}

const SESSION_NOT_FOUND = -32_001;

const MAX_BATCH_SIZE = 100;

export const CLOSED: Refusal = {
  status: 404,
  code: SESSION_NOT_FOUND,
  message: 'Session not found',
  reported: null,
};
export const UNKNOWN_SESSION: Refusal = { status: 404, code: SESSION_NOT_FOUND, message: 'Session not found' };
export const NO_SESSION_ID: Refusal = bad('Bad Request: Mcp-Session-Id header is required');
export const NOT_INITIALIZED: Refusal = bad('Bad Request: Server not initialized');
export const NO_METHOD: Refusal = { status: 405, code: SERVER_ERROR, message: 'Method not allowed.' };
export const NO_STREAM_ACCEPTED: Refusal = unacceptable('Client must accept text/event-stream');
export const NOTHING_ACCEPTED: Refusal = unacceptable('Client must accept both application/json and text/event-stream');
export const NO_JSON: Refusal = {
  status: 415,
  code: SERVER_ERROR,
  message: 'Unsupported Media Type: Content-Type must be application/json',
};
export const INVALID_JSON: Refusal = parseError('Parse error: Invalid JSON');
export const INVALID_MESSAGE: Refusal = parseError('Parse error: Invalid JSON-RPC message');
export const INITIALIZED_ALREADY: Refusal = invalid('Invalid Request: Server already initialized');
export const SEVERAL_WITH_INITIALIZE: Refusal = invalid('Invalid Request: Only one initialization request is allowed');
export const BATCH_TOO_LONG: Refusal = invalid(`Invalid Request: Batch must not exceed ${MAX_BATCH_SIZE} messages`);
export const UNKNOWN_EVENT: Refusal = bad('Invalid event ID format');

export function isTooLongBatch(messages: readonly unknown[]): boolean {
  return messages.length > MAX_BATCH_SIZE;
}

export function wrongHost(host: string | undefined): Refusal {
  return { status: 403, code: SERVER_ERROR, message: `Invalid Host header: ${host ?? 'null'}` };
}

export function wrongOrigin(origin: string): Refusal {
  return { status: 403, code: SERVER_ERROR, message: `Invalid Origin header: ${origin}` };
}

export function wrongVersion(version: string, supported: readonly string[]): Refusal {
  const known = supported.join(', ');
  return bad(`Bad Request: Unsupported protocol version: ${version} (supported versions: ${known})`);
}

export function tooLarge(maxBytes: number): Refusal {
  const message = `Payload Too Large: Request body must not exceed ${maxBytes} bytes`;
  return { status: 413, code: SERVER_ERROR, message };
}

/** A callback has thrown before the request was handed over. */
export function failed(thrown: unknown): Refusal {
  return { ...parseError('Parse error'), data: String(thrown), reported: asError(thrown) };
}

export function replayFailed(thrown: unknown): Refusal {
  return { status: 500, code: SERVER_ERROR, message: 'Error replaying events', reported: asError(thrown) };
}

/** It could not be found out whether the token will do. */
export function notResolved(thrown: unknown): Refusal {
  return { status: 500, code: INTERNAL_ERROR, message: 'Internal server error', reported: asError(thrown) };
}

/** Answers the request. */
export function write(response: ServerResponse, { status, code, message, data }: Refusal): void {
  const error = data === undefined ? { code, message } : { code, message, data };
  const body = JSON.stringify({ jsonrpc: '2.0', error, id: null });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, status === NO_METHOD.status ? { allow: 'GET, POST, DELETE', ...headers } : headers);
  response.end(body);
}

function bad(message: string): Refusal {
  return { status: 400, code: SERVER_ERROR, message };
}

function invalid(message: string): Refusal {
  return { status: 400, code: INVALID_REQUEST, message };
}

function parseError(message: string): Refusal {
  return { status: 400, code: PARSE_ERROR, message };
}

function unacceptable(reason: string): Refusal {
  return { status: 406, code: SERVER_ERROR, message: `Not Acceptable: ${reason}` };
}
