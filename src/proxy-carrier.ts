import type { AddedHeaders } from './added-headers.js';
import type { JsonRpcMessage, RequestId } from './routing/message.js';

/**
 * Adds to the messages that a proxy forwards, for example their trace context. Return the same object if there is nothing
 * to add; otherwise return a new one and leave the old one unchanged. Parts the two share are sent byte for byte.
 *
 * Each method is called right before a message leaves, and after its event. If one throws, the message goes on as it is,
 * and a header that HTTP cannot write is left out; `onerror` is told.
 */
export interface Carrier {
  /**
   * @param session the full session id
   * @param message a request or a notification of the client
   */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage;
  /**
   * Headers for the POST that takes a message to a backend over HTTP, by their names in lower case. They replace others of
   * these names; `undefined` only removes those. The transports of the command and of `modernUpstream()` add them, others
   * do not. It is called right after `toBackend()`, also for backends that are not reached over HTTP.
   * @param session the full session id
   * @param message as `toBackend()` was given it
   * @default none
   */
  headersToBackend?(session: string | undefined, message: JsonRpcMessage): AddedHeaders;
  /**
   * A client without sessions gets the request as part of an `input_required` result.
   *
   * @param session the full session id
   * @param message a request or a notification of the backend
   * @param call the call on whose stream it leaves. Without one, it leaves on the standalone stream
   */
  toClient(session: string | undefined, message: JsonRpcMessage, call: RequestId | undefined): JsonRpcMessage;
}
