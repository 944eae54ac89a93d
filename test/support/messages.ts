/** JSON-RPC messages, short to write. */
import type { JsonRpcMessage, MethodMessage, RequestId, RequestMessage } from '../../src/routing/message.js';

type Params = Readonly<Record<string, unknown>>;

export function request(id: RequestId, method = 'tools/call', params: Params = {}): RequestMessage {
  return { jsonrpc: '2.0', id, method, params };
}

export function notification(method: string, params: Params = {}): MethodMessage {
  return { jsonrpc: '2.0', method, params };
}

export function answer(id: RequestId, result: unknown = {}): { readonly id: RequestId; readonly result: unknown } {
  return { jsonrpc: '2.0', id, result } as { id: RequestId; result: unknown };
}

export function failure(id: RequestId | undefined, code = -32000): JsonRpcMessage {
  return { jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message: 'failed' } };
}

/** A server-initiated request: its ids are the server's own. */
export function elicit(id: RequestId, params: Params = {}): RequestMessage {
  return request(id, 'elicitation/create', params);
}

export function progress(progressToken: unknown, meta: Params = {}): MethodMessage {
  return notification('notifications/progress', { progressToken, progress: 1, ...meta });
}

export function cancelled(requestId: unknown): MethodMessage {
  return notification('notifications/cancelled', { requestId });
}

/** `params` by which a client request asks for progress. */
export function wantsProgress(progressToken: unknown): Params {
  return { _meta: { progressToken } };
}

/** `params` of a message that belongs to a task. */
export function ofTask(taskId: unknown): Params {
  return { _meta: { 'io.modelcontextprotocol/related-task': { taskId } } };
}

/** `params` of a request of the 2026-07-28 revision. */
export const MODERN: Params = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
