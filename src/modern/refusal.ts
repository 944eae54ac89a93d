/** Refusals of revision 2026-07-28: an HTTP status, and a JSON-RPC error that names the request. */
import { HEADER_MISMATCH, MISSING_CAPABILITY, MODERN_VERSION, UNSUPPORTED_VERSION } from '../modern-era.js';
import { isRecord, isRequestId, type RequestId } from '../routing/message.js';
import { INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND } from '../rpc-codes.js';

/** The error of a JSON-RPC response. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What a client gets in place of a result. */
export interface Refusal {
  readonly kind: 'refusal';
  /** of the HTTP response */
  readonly status: number;
  /** of the refused request. `null`: it has none that is valid, or is none */
  readonly id: RequestId | null;
  readonly error: ErrorObject;
  /** What is told to people, if the message of the error repeats arguments. */
  readonly shown?: string | undefined;
}

/** The id that a refusal of this message carries. */
export function refusedIdOf(message: unknown): RequestId | null {
  if (!isRecord(message)) return null;
  const { id, method } = message;
  return typeof method === 'string' && isRequestId(id) ? id : null;
}

function refusal(id: RequestId | null, status: number, error: ErrorObject): Refusal {
  return { kind: 'refusal', status, id, error };
}

/** The body is no message, or none that a client may send. */
export function invalidRequest(id: RequestId | null, message: string): Refusal {
  return refusal(id, 400, { code: INVALID_REQUEST, message: `Bad Request: ${message}` });
}

/** The envelope is incomplete or invalid. @param data tells the client which of its keys are concerned */
export function invalidEnvelope(id: RequestId | null, message: string, data: unknown): Refusal {
  return refusal(id, 400, { code: INVALID_PARAMS, message, data: { envelope: data } });
}

/** Unlike those of the envelope, errors of the params are told like any other error of a call. */
export function invalidParams(id: RequestId | null, message: string): Refusal {
  return refusal(id, 200, { code: INVALID_PARAMS, message });
}

/**
 * @param header as it was sent, or `undefined` if it is missing
 * @param shown what is told to people, if `body` repeats arguments
 */
export function headerMismatch(
  id: RequestId | null,
  header: string | undefined,
  body: string,
  shown?: string,
): Refusal {
  const error = {
    code: HEADER_MISMATCH,
    message: `Bad Request: the request headers and body disagree: ${body}`,
    data: { mismatch: { header: header ?? '(missing)', body } },
  };
  return { ...refusal(id, 400, error), shown };
}

export function unsupportedVersion(id: RequestId | null, requested: string): Refusal {
  return refusal(id, 400, {
    code: UNSUPPORTED_VERSION,
    message: `Unsupported protocol version: ${requested}`,
    data: { supported: [MODERN_VERSION], requested },
  });
}

export function methodNotFound(id: RequestId | null): Refusal {
  return refusal(id, 404, { code: METHOD_NOT_FOUND, message: 'Method not found' });
}

/** @param requiredCapabilities those that the client would have to declare */
export function missingCapability(id: RequestId | null, requiredCapabilities: object): Refusal {
  return refusal(id, 400, {
    code: MISSING_CAPABILITY,
    message: `Missing required client capabilities: ${Object.keys(requiredCapabilities).join(', ')}`,
    data: { requiredCapabilities },
  });
}
