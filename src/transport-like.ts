import { BackchannelError } from './errors.js';
import type { JsonRpcMessage, RequestId } from './routing/message.js';

/**
 * What a transport must look like to be wrapped. The types are structural on purpose: they fit the transports of SDK
 * 1.x and 2.x and your own, and the package imports none of them.
 *
 * `any` stands where the two SDK generations use types that are not compatible with each other.
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

/** The options of `send()`. Options that the package does not know are passed on unchanged. */
export interface SendOptions {
  readonly relatedRequestId?: RequestId | undefined;
  readonly [option: string]: unknown;
}

/** `onmessage`, as a transport calls it. `extra` is different for each transport. */
export type MessageHandler = (message: JsonRpcMessage, extra?: unknown) => void;

/**
 * Rejects anything that is not a transport, such as a server, a class or `undefined`.
 *
 * @throws BackchannelError `INVALID_TRANSPORT`
 */
export function mustBeTransport(inner: unknown): void {
  const missing = ['start', 'send', 'close'].filter((name) => typeof Reflect.get(Object(inner), name) !== 'function');
  if (missing.length === 0) return;
  const text = `the value to wrap is not a transport: it has no ${missing.join('(), ')}(), and is ${kindOf(inner)}.`;
  throw new BackchannelError(
    'INVALID_TRANSPORT',
    `${text} Wrap what you would give to connect(), and give it the result.`,
  );
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return (value.constructor as { readonly name?: string } | undefined)?.name ?? 'an object';
}
