/** JSON-RPC error answers in place of those that nobody else will give, and why something failed, in words. */
import { textOf } from './errors.js';
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
