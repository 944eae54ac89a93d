/** The HTTP answers of the proxy itself. They never contain a stack trace; errors go to `onerror`. */
import { INTERNAL_ERROR, SERVER_ERROR } from '../rpc-codes.js';
import { UNKNOWN_HEADER } from '../inner-headers.js';
import type { Refusal } from '../http/refusals.js';

const SESSION_NOT_FOUND = -32001;

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export const NOT_FOUND: Answer = refusal(404, SESSION_NOT_FOUND, 'Session not found');
export const NO_SESSION_ID: Answer = refusal(400, SERVER_ERROR, 'Bad Request: Mcp-Session-Id header is required');
export const NOT_ALLOWED: Answer = refusal(405, SERVER_ERROR, 'Method not allowed', { allow: 'GET, POST, DELETE' });
/** To a client of the revision without sessions. */
export const ONLY_POST: Answer = refusal(405, SERVER_ERROR, 'Method not allowed', { allow: 'POST' });
export const CLOSING: Answer = refusal(503, SERVER_ERROR, 'The proxy is shutting down');
/** To another node: the request did not run here. */
export const UNKNOWN_HERE: Answer = { ...NOT_FOUND, headers: { ...NOT_FOUND.headers, [UNKNOWN_HEADER]: '1' } };
export const NOT_OF_THIS_CLUSTER: Answer = refusal(
  502,
  SERVER_ERROR,
  'The node that has the session does not take the request as one of its cluster',
);
/** Not 404: the session may live, and its client would give it up. */
export const WHEREABOUTS_UNKNOWN: Answer = notNow(
  'It cannot be found out now which node has this session. Try again later.',
);
export const TOO_MANY_PASSED: Answer = notNow('Too many requests are being passed on to other nodes. Try again later.');
export const WRONG_TOKEN: Answer = refusal(401, SERVER_ERROR, 'Unauthorized: a valid bearer token is required', {
  'www-authenticate': 'Bearer',
});
export const NOT_ACCEPTED: Answer = refusal(
  502,
  SERVER_ERROR,
  'The backend has not said whether it accepts this token',
);
export const NOT_ADOPTED_YET: Answer = notNow(
  'The node of this session is gone, and another is about to go on with it. Try again.',
);
export const FAILED: Answer = refusal(500, INTERNAL_ERROR, 'Internal error');

/** The reason for a refusal, for the log, and the answer to the request. */
export interface Forbidden {
  readonly reason: string;
  readonly answer: Answer;
}

/** @param host quoted and safe to print */
export function wrongHost(host: string): Forbidden {
  return forbidden(`this Host is not allowed: ${host}. To allow it, name it in allowedHosts (--allowed-host)`);
}

/** @param origin quoted and safe to print */
export function wrongOrigin(origin: string): Forbidden {
  return forbidden(`this Origin is not allowed: ${origin}. To allow it, name it in allowedOrigins (--allowed-origin)`);
}

function forbidden(reason: string): Forbidden {
  return { reason, answer: refusal(403, SERVER_ERROR, `Forbidden: ${reason}`) };
}

/** @param events the body of an event stream */
export function lastWords(events: string): Answer {
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }, body: events };
}

export function tooManySessions(maxSessions: number): string {
  return `Too many sessions: ${maxSessions} are open already. Try again later.`;
}

export function tooManyRelayed(maxSessions: number): string {
  return `Too many requests: ${maxSessions} are relayed already. Try again later.`;
}

export function tooManyRequests(maxInFlight: number): string {
  return `Too many requests: ${maxInFlight} of this session are in flight already. Try again later.`;
}

export function noPlace(maxSessions: number): Answer {
  return refusal(503, SERVER_ERROR, tooManySessions(maxSessions));
}

export function tooLarge(maxBodyBytes: number): Answer {
  const { status, code, message } = tooLargeBody(maxBodyBytes);
  return refusal(status, code, message);
}

/** The same, for the transport that reads the body. */
export function tooLargeBody(maxBodyBytes: number): Refusal {
  return {
    status: 413,
    code: SERVER_ERROR,
    message: `Payload too large: a body must not exceed ${maxBodyBytes} bytes. The option maxBodyBytes (--max-body) sets this limit`,
  };
}

/** The client does well to try again soon. */
function notNow(message: string): Answer {
  return refusal(503, SERVER_ERROR, message, { 'retry-after': '1' });
}

function refusal(status: number, code: number, message: string, headers: Answer['headers'] = {}): Answer {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}
