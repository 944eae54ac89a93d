import { cancelledIdOf, type JsonRpcMessage, type RequestId } from '../routing/message.js';

/** The request that a notification cancels. */
export function cancelledBy(message: JsonRpcMessage): RequestId | undefined {
  return message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
}
