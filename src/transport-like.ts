import type { JsonRpcMessage, RequestId } from './routing/message.js';

/**
 * What a transport must look like to be wrapped. The types are structural on purpose: the transports
 * of SDK 1.x and 2.x and anybody's own fit, and the package imports none of them.
 *
 * `any` stands where the SDK generations name types of their own that do not fit one another.
 */
export interface TransportLike {
  start(): Promise<void>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  send(message: any, options?: any): Promise<void>;
  close(): Promise<void>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  onmessage?: ((message: any, extra?: any) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
}

/** The options of `send()`. Those that the package does not know are passed on as they are. */
export interface SendOptions {
  readonly relatedRequestId?: RequestId | undefined;
  readonly [option: string]: unknown;
}

/** `onmessage`, as a transport calls it. `extra` differs from transport to transport. */
export type MessageHandler = (message: JsonRpcMessage, extra?: unknown) => void;
