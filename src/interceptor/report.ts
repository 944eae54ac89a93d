import { debug } from '../debug.js';
import { BackchannelError, textOf } from '../errors.js';
import { isNotification, isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';

/** Tells the owner of a transport about an error that cannot be thrown at any caller. */
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

/** The error for a callback of the user that threw. */
export function callbackFailed(name: string, cause: unknown): BackchannelError {
  const reason = textOf(cause);
  return new BackchannelError('CALLBACK_FAILED', `${name} threw: ${reason}. Messages are not affected.`, { cause });
}

/** The name of a message in errors and debug lines: `request elicitation/create (id 3)`. */
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

/** The other side chooses ids and methods. No more of one is shown than this. */
const MAX_SHOWN_LENGTH = 100;

const PLAIN_METHOD = /^[\w$./:-]{1,100}$/;

/** An id as errors and debug lines show it: on one line, and never long. */
export function shown(id: RequestId | undefined): string {
  const isLong = typeof id === 'string' && id.length > MAX_SHOWN_LENGTH;
  return JSON.stringify(isLong ? `${id.slice(0, MAX_SHOWN_LENGTH)}…` : id);
}

/** A method as errors and debug lines show it. */
export function shownMethod(method: string): string {
  return PLAIN_METHOD.test(method) ? method : shown(method);
}
