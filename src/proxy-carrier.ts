import type { JsonRpcMessage } from './routing/message.js';

/**
 * Adds to the messages that a proxy passes on, such as the trace that they belong to. A message from which it cannot be
 * told what to add is returned as it is: the very same object.
 *
 * Each is called right before the message is passed on, and after its event. It must not throw. Whoever makes a new
 * message of one does so with `withChangedText()`, so that what they share stays as it was written.
 */
export interface Carrier {
  /** @param session by its whole id @param message a request or a notification of the client */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage;
  /** @param session by its whole id @param message a request of the backend */
  toClient(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage;
}
