import type { JsonRpcMessage, ResponseMessage } from '../../routing/message.js';
import type { RequestHeaders } from '../http/http-answer.js';

/** A request without what each of them says. */
export interface Sent {
  readonly method: string;
  readonly params: unknown;
  /** The request of the client. @default it is our own */
  readonly original?: JsonRpcMessage;
}

/** One request to a server, and all that the server sends until it has answered. */
export interface Exchange {
  /**
   * Resolves when the server has taken the request. Rejects if it cannot be reached, or refuses the request without a
   * message that says so.
   *
   * @param headers the client's own, for this request
   */
  send(request: Sent, headers?: RequestHeaders): Promise<void>;
  /** Resolves with the answer once it has come, or with an error in its place. */
  readonly answer: Promise<ResponseMessage>;
  /** Tells the server that nobody waits for the answer any more. */
  cancel(): void;
}

/** Is told the notifications that come before the answer. */
export interface ExchangeListener {
  message(message: JsonRpcMessage): void;
  error(error: Error): void;
}
