/** What the proxy answers by itself, over HTTP and in JSON-RPC. Never a stack trace: those are for `onerror`. */
import { textOf } from '../errors.js';
import { isRequestId, type JsonRpcMessage, type RequestId, type ResponseMessage } from '../routing/message.js';

/** JSON-RPC's first code for errors of a server's own. */
const SERVER_ERROR = -32000;
const SESSION_NOT_FOUND = -32001;
const INTERNAL_ERROR = -32603;

/** Of an error text that comes from elsewhere, no more is passed on. */
const MAX_REASON_LENGTH = 200;

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export const NOT_FOUND: Answer = refusal(404, SESSION_NOT_FOUND, 'Session not found');
export const NO_SESSION_ID: Answer = refusal(400, SERVER_ERROR, 'Bad Request: Mcp-Session-Id header is required');
export const NOT_ALLOWED: Answer = refusal(405, SERVER_ERROR, 'Method not allowed', { allow: 'GET, POST, DELETE' });
export const CLOSING: Answer = refusal(503, SERVER_ERROR, 'The proxy is shutting down');
export const WRONG_TOKEN: Answer = refusal(401, SERVER_ERROR, 'Unauthorized: a valid bearer token is required', {
  'www-authenticate': 'Bearer',
});
export const WRONG_HOST: Answer = refusal(403, SERVER_ERROR, 'Forbidden: this Host is not allowed');
export const WRONG_ORIGIN: Answer = refusal(403, SERVER_ERROR, 'Forbidden: this Origin is not allowed');
export const FAILED: Answer = refusal(500, INTERNAL_ERROR, 'Internal error');

export function tooManySessions(maxSessions: number): string {
  return `Too many sessions: ${maxSessions} are open already. Try again later.`;
}

export function tooManyRequests(maxInFlight: number): string {
  return `Too many requests: ${maxInFlight} of this session are in flight already. Try again later.`;
}

export function noPlace(maxSessions: number): Answer {
  return refusal(503, SERVER_ERROR, tooManySessions(maxSessions));
}

export function tooLarge(maxBodyBytes: number): Answer {
  return refusal(413, SERVER_ERROR, `Payload too large: a body must not exceed ${maxBodyBytes} bytes`);
}

function refusal(status: number, code: number, message: string, headers: Answer['headers'] = {}): Answer {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** The answer to a request that nobody else will answer. */
export function errorAnswer(id: RequestId, message: string): ResponseMessage {
  return { jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message } };
}

/** The answer in place of one that is not valid; nothing, where it answers nobody. */
export function answerInPlaceOf(invalid: unknown): ResponseMessage | undefined {
  const { id, method } = Object(invalid) as JsonRpcMessage;
  if (!isRequestId(id) || typeof method === 'string') return undefined;
  return errorAnswer(id, 'The backend answered this request with what is no valid answer');
}

/** Why something failed, in one short line: the text may be a page of a web server's. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown.cause as { code?: unknown } | undefined)?.code : undefined;
  const [line = ''] = textOf(thrown).trim().split('\n');
  const reason = line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…` : line;
  return typeof code === 'string' ? `${reason} (${code})` : reason;
}
