import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';

/** Tells the owner of a transport of something that went wrong and has no caller to be thrown at. */
export type Report = (error: Error) => void;

/** Reports to the transport's `onerror`, which may be missing and may throw. */
export function reportTo(transport: { onerror?: ((error: Error) => void) | undefined }): Report {
  return (error) => {
    debug.error('%s', error.message);
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

/** `request "elicitation/create" (id 3)`: the words by which errors name a message. */
export function nameOf(message: { readonly method?: unknown; readonly id?: unknown }): string {
  const kind = message.id === undefined ? 'notification' : 'request';
  const id = message.id === undefined ? '' : ` (id ${JSON.stringify(message.id)})`;
  return `${kind} ${String(message.method)}${id}`;
}
