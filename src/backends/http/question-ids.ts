/**
 * The ids of a server's questions. A client has one session, and each id must be new in it, but a server that has
 * begun anew counts from the beginning again: from the second session on, an id says of which session it is.
 */
import { isRequestId, type JsonRpcMessage, type RequestId } from '../../routing/message.js';

const PREFIX = 'mcp-backchannel:session:';

/** A message of the server, as the client is told it. */
export function forClient(message: JsonRpcMessage, session: number): JsonRpcMessage {
  if (session === 0 || message.method === undefined) return message;
  const { id, method, params } = message;
  if (isRequestId(id)) return { ...message, id: outward(id, session) };
  const { requestId } = Object(params) as { requestId?: unknown };
  if (method !== 'notifications/cancelled' || !isRequestId(requestId)) return message;
  return { ...message, params: { ...(params as object), requestId: outward(requestId, session) } };
}

/** An answer of the client, as the server of this session knows it. Nothing, where it answers another session. */
export function forServer(answer: JsonRpcMessage, session: number): JsonRpcMessage | undefined {
  const { id } = answer;
  const prefix = `${PREFIX}${session}:`;
  if (session === 0) return answer;
  if (typeof id !== 'string' || !id.startsWith(prefix)) return undefined;
  return { ...answer, id: JSON.parse(id.slice(prefix.length)) as unknown };
}

function outward(id: RequestId, session: number): string {
  return `${PREFIX}${session}:${JSON.stringify(id)}`;
}
