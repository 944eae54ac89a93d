import type { JsonRpcMessage, RequestId } from './routing/message.js';

/**
 * Adds to the messages that a proxy passes on, such as the trace that they belong to. What it has nothing to add to, it
 * returns as it is: the very same object. Otherwise it returns a new one, and leaves the old one unchanged. What the two
 * share is written as it was.
 *
 * Each method is called right before a message leaves, and after its event. If one throws, the message goes on as it is.
 */
export interface Carrier {
  /** @param session by its whole id @param message a request or a notification of the client */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage;
  /**
   * Not called if the client is without sessions: it gets what the backend asks as part of a result.
   *
   * @param session by its whole id
   * @param message a request of the backend
   * @param call the call on whose stream it leaves. Without one, it leaves on the standalone stream
   */
  toClient(session: string | undefined, message: JsonRpcMessage, call: RequestId | undefined): JsonRpcMessage;
}
