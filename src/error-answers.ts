/** JSON-RPC error answers in place of those that nobody else will give, and why something failed, in words. */
import { textOf } from './errors.js';
import { HttpRefusal } from './http-refusal.js';
import { asksForCredentials, statusOf } from './http-status.js';
import { isRequestId, type JsonRpcMessage, type RequestId, type ResponseMessage } from './routing/message.js';

/** JSON-RPC's first code for errors of a server's own. */
export const SERVER_ERROR = -32000;

/** Error texts from elsewhere may be pages long: this many characters are passed on. */
const MAX_REASON_LENGTH = 200;

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

/**
 * The answer to a request that came under the status of a refusal: transports over HTTP throw it, as text. An error that
 * names no request answers the only one that was posted.
 */
export function answerIn(refusal: unknown, id: RequestId): ResponseMessage | undefined {
  if (statusOf(refusal) === undefined) return undefined;
  if (refusal instanceof HttpRefusal && asksForCredentials(refusal.status, refusal.headers)) return undefined;
  const { body } = Object(refusal) as { body?: unknown };
  const answer = jsonIn(typeof body === 'string' && body !== '' ? body : textOf(refusal));
  const { code, message } = Object(answer.error) as { code?: unknown; message?: unknown };
  if (answer.jsonrpc !== '2.0' || !Number.isSafeInteger(code) || typeof message !== 'string') return undefined;
  return answer.id === id || (answer.id ?? undefined) === undefined
    ? { jsonrpc: '2.0', id, error: answer.error }
    : undefined;
}

function jsonIn(text: string): JsonRpcMessage {
  try {
    return Object(JSON.parse(text.slice(text.indexOf('{')))) as JsonRpcMessage;
  } catch {
    return {};
  }
}
