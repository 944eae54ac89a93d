/**
 * What a server needs from the client before it can go on with a call.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
import { isRecord, type JsonRpcMessage, type RequestId } from '../../routing/message.js';
import { isRpcError, type RpcError } from '../../lost-answer.js';
import { INTERNAL_ERROR, METHOD_NOT_FOUND } from '../../rpc-codes.js';
import type { ClientFacts, Fields } from './envelope.js';

/** More at once than anybody would answer. */
const MAX_ASKS = 100;

/** One of the requests to the client. */
export interface Ask {
  /** The server's name for it. */
  readonly key: string;
  readonly method: string;
  readonly params: Fields | undefined;
}

export interface InputRequired {
  readonly asks: readonly Ask[];
  /** What the server wants to get back with the answers. */
  readonly state: string | undefined;
}

/** What this result of a call asks for. `'invalid'`: it cannot be asked. `undefined`: the call is complete. */
export function inputRequiredIn(result: Fields): InputRequired | 'invalid' | undefined {
  const { resultType, inputRequests = {}, requestState: state } = result;
  if (resultType !== 'input_required') return undefined;
  if (!isRecord(inputRequests) || (state !== undefined && typeof state !== 'string')) return 'invalid';
  const asks = Object.entries(inputRequests).map(([key, request]) => askOf(key, request));
  if (asks.length > MAX_ASKS || asks.includes(undefined) || (asks.length === 0 && state === undefined))
    return 'invalid';
  return { asks: asks.filter((ask) => ask !== undefined), state };
}

function askOf(key: string, request: unknown): Ask | undefined {
  if (!isRecord(request)) return undefined;
  const { method, params } = request;
  if (typeof method !== 'string' || !KINDS.has(method) || (params !== undefined && !isRecord(params))) return undefined;
  return { key, method, params };
}

/** The capability that a client declares if it answers requests of this method. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['elicitation/create', 'elicitation'],
  ['sampling/createMessage', 'sampling'],
  ['roots/list', 'roots'],
]);

/** Whether the client has said that it answers such requests. */
export function isDeclared({ method, params = {} }: Ask, { capabilities }: ClientFacts): boolean {
  const kind = capabilities[KINDS.get(method) ?? ''];
  if (!isRecord(kind)) return false;
  switch (method) {
    case 'elicitation/create':
      if (params['mode'] === 'url') return isRecord(kind['url']);
      // Without any mode, it is the one that came first.
      return isRecord(kind['form']) || kind['url'] === undefined;
    case 'sampling/createMessage':
      return (params['tools'] ?? params['toolChoice']) === undefined || isRecord(kind['tools']);
    default:
      return true;
  }
}

/** The request for the client. @param id is ours, and in URL mode names the elicitation as well */
export function requestFor({ method, params }: Ask, id: string): JsonRpcMessage {
  const isForUrl = method === 'elicitation/create' && params?.['mode'] === 'url';
  const legacy = isForUrl ? { elicitationId: id, ...params } : params;
  return { jsonrpc: '2.0', id, method, ...(legacy !== undefined && { params: legacy }) };
}

/** The params of the request that goes on with a call. */
export function retryParams(original: unknown, responses: Fields, state: string | undefined): Fields {
  return {
    ...(isRecord(original) ? original : {}),
    ...(Object.keys(responses).length > 0 && { inputResponses: responses }),
    ...(state !== undefined && { requestState: state }),
  };
}

/** The error for a request that the client does not answer, because it has not declared that it can. */
export function undeclared({ method }: Ask): RpcError {
  return { code: METHOD_NOT_FOUND, message: `The client has not declared that it answers ${method}` };
}

/** The answer to a call whose server asked for something that the client answered with an error. */
export function answerAfterError(
  id: RequestId,
  method: string,
  { method: asked }: Ask,
  error: unknown,
): JsonRpcMessage {
  const known = isRpcError(error) ? error : { code: INTERNAL_ERROR, message: 'no reason given' };
  if (method !== 'tools/call') return { jsonrpc: '2.0', id, error: known };
  const text = `The client did not answer ${asked}: ${known.message}`;
  return { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }], isError: true } };
}
