/**
 * The ids of server requests. The client keeps one session, and each id must be new in it. A server that begins a new
 * session counts from the beginning again. From the second session on, each id therefore carries the session's number.
 */
import { idIn, withoutStandIns } from '../../long-ids.js';
import { isRequestId, type JsonRpcMessage, type RequestId } from '../../routing/message.js';

const PREFIX = 'mcp-backchannel:session:';

/** A message of the server, with its ids in the form that the client sees. */
export function forClient(message: JsonRpcMessage, session: number): JsonRpcMessage {
  if (session === 0 || message.method === undefined) return message;
  const { id, method, params } = message;
  if (isRequestId(id)) return { ...message, id: outward(id, session) };
  const { requestId } = Object(params) as { requestId?: unknown };
  if (method !== 'notifications/cancelled' || !isRequestId(requestId)) return message;
  return { ...message, params: { ...(params as object), requestId: outward(requestId, session) } };
}

/** An answer of the client, with the id that the server used. Nothing if it belongs to another session. */
export function forServer(answer: JsonRpcMessage, session: number): JsonRpcMessage | undefined {
  const { id } = answer;
  const prefix = `${PREFIX}${session}:`;
  if (session === 0) return answer;
  if (typeof id !== 'string' || !id.startsWith(prefix)) return undefined;
  return { ...answer, id: idIn(id.slice(prefix.length)) };
}

function outward(id: RequestId, session: number): string {
  return `${PREFIX}${session}:${withoutStandIns(JSON.stringify(id))}`;
}
