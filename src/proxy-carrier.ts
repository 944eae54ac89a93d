import type { JsonRpcMessage, RequestId } from './routing/message.js';

/**
 * Adds to the messages that a proxy forwards, for example their trace context. Return the same object if there is nothing
 * to add; otherwise return a new one and leave the old one unchanged. Parts the two share are sent byte for byte.
 *
 * Each method is called right before a message leaves, and after its event. If one throws, the message goes on as it is.
 */
export interface Carrier {
  /**
   * @param session the full session id
   * @param message a request or a notification of the client
   */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage;
  /**
   * Not called if the client is without sessions: it gets what the backend asks as part of a result.
   *
   * @param session the full session id
   * @param message a request of the backend
   * @param call the call on whose stream it leaves. Without one, it leaves on the standalone stream
   */
  toClient(session: string | undefined, message: JsonRpcMessage, call: RequestId | undefined): JsonRpcMessage;
}
