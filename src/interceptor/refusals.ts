import { BackchannelError, textOf } from '../errors.js';
import type { ParkingFailure, ParkingLimits } from '../streams/parking.js';
import { assertNever } from '../routing/assert-never.js';
import type { JsonRpcMessage, MethodMessage, RequestId, ResponseMessage } from '../routing/message.js';
import type { Refusal } from '../routing/route.js';
import { INTERNAL_ERROR } from '../rpc-codes.js';
import { nameOf, shown } from './report.js';

/** The error for a message that has no route. */
export function refused(message: MethodMessage, code: Refusal, requested: RequestId | undefined): BackchannelError {
  return new BackchannelError(code, `${nameOf(message)} was not sent: ${reasonFor(code, requested)}`);
}

function reasonFor(code: Refusal, requested: RequestId | undefined): string {
  switch (code) {
    case 'NOT_IN_FLIGHT':
      return (
        `request ${shown(requested)}, which it names, is over or cancelled, and it belongs to no other. ` +
        'Send it before its request is answered.'
      );
    case 'NO_STREAM':
      return 'the client holds no stream open. Send it while a request is in flight.';
    case 'AMBIGUOUS':
      return (
        'several requests are in flight, or were cancelled and not answered, and nothing tells which of them it ' +
        "belongs to. Give relatedRequestId, wrap the upstream transport with asUpstream(), or allow ambiguous: 'last-inbound'."
      );
    case 'UNKNOWN_PROGRESS_TOKEN':
      return (
        'no request in flight brought its progressToken. ' +
        'Report progress before the request is answered, with the token that it brought.'
      );
    default:
      return assertNever(code);
  }
}

/** The error for a message that has waited for a stream in vain. */
export function gaveUp(
  message: MethodMessage,
  code: Exclude<ParkingFailure, 'SUPERSEDED'>,
  limits: ParkingLimits,
): BackchannelError {
  return new BackchannelError(code, `${nameOf(message)} was not sent: ${reasonOf(code, limits)}`);
}

function reasonOf(
  code: Exclude<ParkingFailure, 'SUPERSEDED'>,
  { parkTimeoutMs, maxParked, maxParkedBytes }: ParkingLimits,
): string {
  switch (code) {
    case 'PARK_TIMEOUT':
      return (
        `the client opened no stream that can take it within ${parkTimeoutMs} ms. It may have gone away, or it ` +
        'opens no GET stream and has no request in flight that is answered with an event stream (in JSON none is). ' +
        'Raise parkTimeoutMs (--park-timeout, MCP_BACKCHANNEL_PARK_TIMEOUT) if clients need longer to reconnect.'
      );
    case 'PARK_FULL':
      return (
        `${maxParked} messages, or messages of ${maxParkedBytes} bytes, wait for a stream already, and the client opens ` +
        'none. Raise maxParked (--max-parked, MCP_BACKCHANNEL_MAX_PARKED) or maxParkedBytes (--max-parked-bytes, ' +
        'MCP_BACKCHANNEL_MAX_PARKED_BYTES) to keep more.'
      );
    case 'CANCELLED':
      return 'its sender took it back while it waited for a stream.';
    case 'CLOSED':
      return 'the transport is closed.';
    default:
      return assertNever(code);
  }
}

/** The error for a message that was sent on behalf of a connection that is closed. */
export function closed(message: MethodMessage): BackchannelError {
  return new BackchannelError('CLOSED', `${nameOf(message)} was not sent: the transport is closed.`);
}

/** The error for a server request that was left unanswered by a client that is gone. */
export function orphaned(id: RequestId, method: string, orphanTimeoutMs: number): BackchannelError {
  return new BackchannelError(
    'ORPHANED',
    `${nameOf({ id, method })} was sent, but the client has held no connection for ` +
      `${orphanTimeoutMs} ms: nobody will answer it. Raise orphanTimeoutMs if clients are away for longer.`,
  );
}

/** The error for a server request that was stored for a client that holds other connections but does not come back for it. */
export function neverResumed(id: RequestId, method: string, orphanTimeoutMs: number): BackchannelError {
  return new BackchannelError(
    'ORPHANED',
    `${nameOf({ id, method })} was sent on a stream that the client had left, and has not resumed for ` +
      `${orphanTimeoutMs} ms: nobody will answer it. Raise orphanTimeoutMs if clients take longer to resume.`,
  );
}

/** The error for a server request that the client has answered, if the transport refused the answer. */
export function answerRefused(id: RequestId, method: string): BackchannelError {
  return new BackchannelError(
    'ANSWER_REFUSED',
    `${nameOf({ id, method })} was sent, but the client's answer to it was refused: its POST was too large, not in ` +
      'JSON-RPC, or its headers were wrong. The transport has reported which.',
  );
}

/** The first of the codes that JSON-RPC reserves for servers. The SDK names it "connection closed". */
const CONNECTION_CLOSED = -32000;

/** An error response in place of the client's. An SDK `Server` and a plain pipe both understand it. */
export function answerFor(id: RequestId, { code, message }: BackchannelError): ResponseMessage {
  return { jsonrpc: '2.0', id, error: { code: CONNECTION_CLOSED, message, data: { code } } };
}

/** The response to a client request whose handler threw. Without it the client would wait for ever. */
export function internalError(id: RequestId): ResponseMessage {
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: 'Internal error' } };
}

/** The response in the place of one that cannot be written. */
export function resultCannotBeWritten(id: RequestId): ResponseMessage {
  const message = 'Internal error: the response to this request cannot be written as JSON';
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message, data: { code: 'UNWRITABLE_MESSAGE' } } };
}

/** The error for a message that cannot be written as JSON. */
export function cannotBeWritten(message: JsonRpcMessage, cause: Error): BackchannelError {
  const text = `${nameOf(message)} was not sent: it cannot be written as JSON (${textOf(cause)}).`;
  return new BackchannelError('UNWRITABLE_MESSAGE', text, { cause });
}

/** The error for a message that the transport has taken and does not finish writing. */
export function stalled(stallTimeoutMs: number): BackchannelError {
  return new BackchannelError(
    'WRITE_TIMEOUT',
    `the transport has not finished writing the message after ${stallTimeoutMs} ms: its event store does not answer. ` +
      'The message may still arrive. Later messages of its stream are written.',
  );
}

/** The error for an answer of the client that came after its request was answered in the client's place. */
export function tooLate(id: RequestId): BackchannelError {
  return new BackchannelError(
    'ORPHANED',
    `the client's answer to request ${shown(id)} was dropped: it came after orphanTimeoutMs, or after another that was ` +
      'refused, and the sender has already received an error.',
  );
}
