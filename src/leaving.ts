import { originalText } from './original-text.js';
import type { JsonRpcMessage, RequestId } from './routing/message.js';
import type { SendOptions } from './transport-like.js';

/** What a message becomes when it is known on whose stream it leaves. It is not called for a message that never leaves. */
export type OnLeaving = (call: RequestId | undefined) => JsonRpcMessage;

/**
 * What is written in place of a message, by the option `onLeaving` of `send()`. `undefined`: the message itself, as nearly
 * always. Only transports of ours call it: the wrapper passes on options that it does not know, and decides where the
 * message goes.
 */
export function leavingAs(
  message: JsonRpcMessage,
  options: SendOptions | undefined,
): { readonly message: JsonRpcMessage; readonly options: SendOptions } | undefined {
  if (options === undefined) return undefined;
  const { onLeaving } = options as { readonly onLeaving?: OnLeaving };
  if (onLeaving === undefined) return undefined;
  const changed = onLeaving(options.relatedRequestId);
  if (changed === message) return undefined;
  return { message: changed, options: { ...options, text: originalText(changed) } };
}
