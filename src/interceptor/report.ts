import { debug } from '../debug.js';
import { BackchannelError, textOf } from '../errors.js';
import { isNotification, isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';

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
  const reason = textOf(cause);
  return new BackchannelError('CALLBACK_FAILED', `${name} threw: ${reason}. Messages are not affected.`, { cause });
}

/** `request elicitation/create (id 3)`: the words by which errors and debug lines name a message. */
export function nameOf(message: JsonRpcMessage): string {
  try {
    if (isRequest(message)) return `request ${shownMethod(message.method)} (id ${shown(message.id)})`;
    if (isNotification(message)) return `notification ${shownMethod(message.method)}`;
    if (isResponse(message)) return `response (id ${shown(message.id)})`;
    return 'message of no known kind';
  } catch {
    return 'message that cannot be read';
  }
}

/** Of an id or a method, which the other side has chosen, no more is shown. */
const MAX_SHOWN_LENGTH = 100;

const PLAIN_METHOD = /^[\w$./:-]{1,100}$/;

/** An id in an error or a debug line: on one line, and never long. */
export function shown(id: RequestId | undefined): string {
  const isLong = typeof id === 'string' && id.length > MAX_SHOWN_LENGTH;
  return JSON.stringify(isLong ? `${id.slice(0, MAX_SHOWN_LENGTH)}…` : id);
}

/** A method likewise. */
export function shownMethod(method: string): string {
  return PLAIN_METHOD.test(method) ? method : shown(method);
}
