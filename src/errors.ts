/**
 * What went wrong, for programs:
 *
 * - `INVALID_OPTION`: an option has a value it cannot have
 * - `INVALID_TRANSPORT`: what is to be wrapped is no transport
 * - `NOT_IN_FLIGHT`: the request that a message names is over or cancelled, and it belongs to no other
 * - `NO_STREAM`: the client holds no stream open, and a message of this kind does not wait for one
 * - `PARK_TIMEOUT`: no stream opened within `parkTimeoutMs`
 * - `PARK_FULL`: `maxParked` messages were waiting for a stream already
 * - `WRITE_TIMEOUT`: the transport did not finish writing it, probably because its event store does not answer
 * - `ORPHANED`: the client was gone for `orphanTimeoutMs` and left a server-initiated request unanswered, or had left the
 *   stream of that request and did not come back for it
 * - `CANCELLED`: the sender took the message back while it waited for a stream
 * - `AMBIGUOUS`: several requests may own the message (in flight, or cancelled and not answered), and `ambiguous` is `'reject'`
 * - `UNKNOWN_PROGRESS_TOKEN`: no request in flight brought the token of this progress notification
 * - `DUPLICATE_REQUEST_ID`: the client used an id that was still in flight
 * - `TOO_MANY_REQUESTS`: the backend asks more at once than the proxy lets a session ask (`maxInFlight`)
 * - `UNWRITABLE_MESSAGE`: a message cannot be written as JSON (a BigInt, a cycle, too deep); it was not delivered, and a
 *   response was replaced by an error
 * - `UNREADABLE_MESSAGE`: a message throws when it is read; it was passed on as it is, or not sent if it had waited
 * - `CLOSED`: the transport was closed before the message could leave
 * - `CALLBACK_FAILED`: a callback, hook or subscriber of yours threw; `cause` is what it threw
 */
export type BackchannelErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_TRANSPORT'
  | 'NOT_IN_FLIGHT'
  | 'NO_STREAM'
  | 'PARK_TIMEOUT'
  | 'PARK_FULL'
  | 'WRITE_TIMEOUT'
  | 'ORPHANED'
  | 'CANCELLED'
  | 'AMBIGUOUS'
  | 'UNKNOWN_PROGRESS_TOKEN'
  | 'DUPLICATE_REQUEST_ID'
  | 'TOO_MANY_REQUESTS'
  | 'UNWRITABLE_MESSAGE'
  | 'UNREADABLE_MESSAGE'
  | 'CLOSED'
  | 'CALLBACK_FAILED';

/** The one error class of the package. Tell errors apart by `code`; the message is for people. */
export class BackchannelError extends Error {
  override readonly name = 'BackchannelError';

  constructor(
    readonly code: BackchannelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was thrown, as an error: anything can be thrown. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(textOf(thrown), { cause: thrown });
}

/** What was thrown, in words: also of what no string can be made, and of what throws when it is asked. */
export function textOf(thrown: unknown): string {
  try {
    return String(isError(thrown) ? thrown.message : thrown);
  } catch {
    return 'a value that has no text';
  }
}

function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}
