/** Requests that are wrong or not welcome: the status and the error that the specification names. */
import { CALL, INITIALIZE, type Sent } from './raw-http.js';

export interface BadRequest {
  readonly what: string;
  readonly sent: Sent;
  readonly status: number;
  readonly code: number;
}

/** For the proxy, however it is served: by itself, and by the command. */
export function badRequests(maxBodyBytes: number): readonly BadRequest[] {
  return [
    { what: 'malformed JSON', sent: { body: '{"jsonrpc":' }, status: 400, code: -32700 },
    { what: 'JSON that is no JSON-RPC', sent: { body: '{"hello":"world"}' }, status: 400, code: -32700 },
    { what: 'no body', sent: {}, status: 400, code: -32700 },
    {
      what: 'a wrong content type',
      sent: { body: INITIALIZE, headers: { 'content-type': 'text/plain' } },
      status: 415,
      code: -32000,
    },
    {
      what: 'a wrong content type, and no JSON',
      sent: { body: 'hello', headers: { 'content-type': 'text/plain' } },
      status: 415,
      code: -32000,
    },
    {
      what: 'a client that takes neither JSON nor an event stream',
      sent: { body: INITIALIZE, headers: { accept: 'text/html' } },
      status: 406,
      code: -32000,
    },
    { what: 'an oversize body', sent: { body: padded(maxBodyBytes + 1) }, status: 413, code: -32000 },
    {
      what: 'an oversize body in chunks',
      sent: { body: padded(maxBodyBytes + 1), headers: { 'transfer-encoding': 'chunked' } },
      status: 413,
      code: -32000,
    },
    { what: 'a call without a session', sent: { body: CALL }, status: 400, code: -32000 },
    { what: 'GET without a session', sent: { method: 'GET' }, status: 400, code: -32000 },
    { what: 'DELETE without a session', sent: { method: 'DELETE' }, status: 400, code: -32000 },
    {
      what: 'an unknown session',
      sent: { body: CALL, headers: { 'mcp-session-id': 'nobody' } },
      status: 404,
      code: -32001,
    },
    {
      what: 'GET of an unknown session',
      sent: { method: 'GET', headers: { 'mcp-session-id': 'nobody' } },
      status: 404,
      code: -32001,
    },
    {
      what: 'DELETE of an unknown session',
      sent: { method: 'DELETE', headers: { 'mcp-session-id': '__proto__' } },
      status: 404,
      code: -32001,
    },
    { what: 'another method', sent: { method: 'PUT', body: CALL }, status: 405, code: -32000 },
    {
      what: 'a preflight, where CORS is off',
      sent: { method: 'OPTIONS', headers: { origin: 'http://localhost:1' } },
      status: 405,
      code: -32000,
    },
    {
      what: 'a foreign Host',
      sent: { body: INITIALIZE, headers: { host: 'evil.example' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'a Host that begins like ours',
      sent: { body: INITIALIZE, headers: { host: 'localhost.evil.example' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'a Host with a user in it',
      sent: { body: INITIALIZE, headers: { host: 'localhost@evil.example' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'a foreign Origin',
      sent: { body: INITIALIZE, headers: { origin: 'https://evil.example' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'the Origin of a sandboxed page',
      sent: { body: INITIALIZE, headers: { origin: 'null' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'an Origin that begins like ours',
      sent: { body: INITIALIZE, headers: { origin: 'http://localhost.evil.example' } },
      status: 403,
      code: -32000,
    },
  ];
}

/** JSON of so many bytes. */
function padded(length: number): string {
  const [start, end] = ['{"pad":"', '"}'];
  return `${start}${'x'.repeat(length - start.length - end.length)}${end}`;
}
