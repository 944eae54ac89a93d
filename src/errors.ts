/**
 * What went wrong, for programs to act on:
 *
 * - `INVALID_OPTION`: an option has a value that is not allowed
 * - `INVALID_TRANSPORT`: the object to wrap is not a transport
 * - `NOT_IN_FLIGHT`: the message names a request that is over or cancelled, and belongs to no other request
 * - `NO_STREAM`: the client has no stream open, and messages of this kind do not wait for one
 * - `PARK_TIMEOUT`: no stream opened within `parkTimeoutMs`
 * - `PARK_FULL`: `maxParked` messages, or messages of `maxParkedBytes`, were already waiting for a stream
 * - `WRITE_TIMEOUT`: the transport did not finish writing the message, probably because its event store does not answer
 * - `SLOW_CLIENT`: the client does not read, and more than `maxBufferedBytes` wait for it; its stream was closed
 * - `ORPHANED`: the client left a server request unanswered and was gone for `orphanTimeoutMs`, or it left the stream of
 *   the request and did not resume it
 * - `ANSWER_REFUSED`: the transport refused the client's answer to a server request, which gets this error instead
 * - `CANCELLED`: the sender cancelled the message while it waited for a stream
 * - `AMBIGUOUS`: several requests may own the message (in flight, or cancelled and unanswered), and `ambiguous` is `'reject'`
 * - `UNKNOWN_PROGRESS_TOKEN`: no request in flight brought the token of this progress notification
 * - `DUPLICATE_REQUEST_ID`: the client used an id that was still in flight
 * - `TOO_MANY_REQUESTS`: the backend has more server requests open than a session may have (`maxInFlight`)
 * - `UNWRITABLE_MESSAGE`: a message cannot be written as JSON (a BigInt, a cycle, too deep); it was not delivered, and an error
 *   took the place of a response
 * - `UNREADABLE_MESSAGE`: a message throws when it is read; it was passed on unchanged, or not sent if it had been waiting
 * - `CLOSED`: the transport was closed before the message could leave
 * - `CLUSTER_ENGINE`: the engine of the cluster does not answer, or refuses what it is asked
 * - `CALLBACK_FAILED`: your callback, hook or subscriber threw; `cause` is the thrown value
 */
export type BackchannelErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_TRANSPORT'
  | 'NOT_IN_FLIGHT'
  | 'NO_STREAM'
  | 'PARK_TIMEOUT'
  | 'PARK_FULL'
  | 'WRITE_TIMEOUT'
  | 'SLOW_CLIENT'
  | 'ORPHANED'
  | 'ANSWER_REFUSED'
  | 'CANCELLED'
  | 'AMBIGUOUS'
  | 'UNKNOWN_PROGRESS_TOKEN'
  | 'DUPLICATE_REQUEST_ID'
  | 'TOO_MANY_REQUESTS'
  | 'UNWRITABLE_MESSAGE'
  | 'UNREADABLE_MESSAGE'
  | 'CLOSED'
  | 'CLUSTER_ENGINE'
  | 'CALLBACK_FAILED';

/** The only error class of the package. Programs should look at `code`; the message is for people. */
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

/** Turns a thrown value into an error. Code can throw anything. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(textOf(thrown), { cause: thrown });
}

/** The text of a thrown value, even if it cannot be converted to a string or throws when it is read. */
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
