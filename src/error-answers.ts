/** Error answers for requests that nobody else will answer, and short reasons why something failed. */
import { textOf } from './errors.js';
import { HttpRefusal } from './http-refusal.js';
import { asksForCredentials, statusOf } from './http-status.js';
import { shortened } from './shortened.js';
import { SERVER_ERROR } from './rpc-codes.js';
import { isRequestId, type JsonRpcMessage, type RequestId, type ResponseMessage } from './routing/message.js';

/** How many characters of an error text are passed on. Error texts from elsewhere may be pages long. */
const MAX_REASON_LENGTH = 200;

/** The answer to a request that nobody else will answer. */
export function errorAnswer(id: RequestId, message: string): ResponseMessage {
  return { jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message } };
}

/** An error answer in place of an invalid one. Nothing if the invalid one names no request. */
export function answerInPlaceOf(invalid: unknown): ResponseMessage | undefined {
  const { id, method } = Object(invalid) as JsonRpcMessage;
  if (!isRequestId(id) || typeof method === 'string') return undefined;
  return errorAnswer(id, 'The backend sent no valid answer to this request');
}

/** Why something failed, in one short line. The error text may be a whole page from a web server. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown.cause as { code?: unknown } | undefined)?.code : undefined;
  const [line = ''] = textOf(thrown).trim().split('\n');
  const reason = shortened(line, MAX_REASON_LENGTH);
  return typeof code === 'string' ? `${reason} (${code})` : reason;
}

/**
 * The error answer to a request in the body of an HTTP refusal. HTTP transports throw such a body as text. An error
 * that names no request answers this request, the only one that was posted.
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
