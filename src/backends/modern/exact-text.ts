/** Requests and results as they were written. JavaScript cannot hold every number of JSON. */
import { jsonOf } from '../../json-messages.js';
import { memberAt, withoutMemberAt } from '../../json-text.js';
import { SERVER_INFO_KEY } from '../../modern-era.js';
import { keepText, originalText } from '../../original-text.js';
import type { JsonRpcMessage, RequestId } from '../../routing/message.js';
import type { Fields } from './envelope.js';

/**
 * A request as JSON.
 *
 * @param params those of the original request, with what we have added to them
 * @param original what the client sent
 */
export function requestText(
  id: RequestId,
  method: string,
  params: Fields,
  original: JsonRpcMessage | undefined,
): string {
  const text = original && originalText(original);
  const own = text && memberAt(text, ['params']);
  const kept = own && withoutMemberAt(own, ['_meta']);
  if (kept === undefined || kept === '') return jsonOf({ jsonrpc: '2.0', id, method, params });
  const { _meta, inputResponses, requestState } = params;
  const added = jsonOf({ _meta, inputResponses, requestState });
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":${kept.slice(0, -1)},${added.slice(1)}}`;
}

/** The members of a result that earlier revisions do not know. */
const UNKNOWN = [['resultType'], ['ttlMs'], ['cacheScope'], ['_meta', SERVER_INFO_KEY]] as const;

/** The answer with this result, which is that of the server but for members that earlier revisions do not know. */
export function answerAsWritten(id: RequestId, result: Fields, original: JsonRpcMessage): JsonRpcMessage {
  const answer = { jsonrpc: '2.0', id, result };
  const text = originalText(original);
  const own = text && memberAt(text, ['result']);
  if (!own) return answer;
  const kept = UNKNOWN.reduce<string | undefined>((left, path) => left && withoutMemberAt(left, path), own);
  keepText(answer, `{"jsonrpc":"2.0","id":${jsonOf([id]).slice(1, -1)},"result":${kept ?? '{}'}}`);
  return answer;
}
