import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import { isNotification, isRequest, isResponse, type JsonRpcMessage } from '../routing/message.js';

/** Tells the owner of a transport of something that went wrong and has no caller to be thrown at. */
export type Report = (error: Error) => void;

/** Reports to the transport's `onerror`, which may be missing and may throw. */
export function reportTo(transport: { onerror?: ((error: Error) => void) | undefined }): Report {
  return (error) => {
    debug.error('%s: %s', error instanceof BackchannelError ? error.code : error.name, error.message);
    try {
      transport.onerror?.(error);
    } catch (cause) {
      debug.error('onerror threw: %o', cause);
    }
  };
}

/** A callback of the user's threw. */
export function callbackFailed(name: string, cause: unknown): BackchannelError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BackchannelError('CALLBACK_FAILED', `${name} threw: ${reason}. Messages are not affected.`, { cause });
}

/** `request elicitation/create (id 3)`: the words by which errors and debug lines name a message. */
export function nameOf(message: JsonRpcMessage): string {
  if (isRequest(message)) return `request ${message.method} (id ${JSON.stringify(message.id)})`;
  if (isNotification(message)) return `notification ${message.method}`;
  if (isResponse(message)) return `response (id ${JSON.stringify(message.id)})`;
  return 'message of no known kind';
}
