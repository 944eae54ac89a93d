/** How servers say that they know no such session, in words. */
import { expect, it } from 'vitest';
import { isSessionUnknown, saysSessionUnknown } from '../src/session-unknown.js';

it.each([
  'Bad Request: No valid session ID provided',
  'Bad Request: No valid session ID or not an initialize request',
  'Bad Request: Server not initialized',
  'Not Found: MCP session is unknown or expired on this API instance.',
  'Not Found: Unknown Mcp-Session-Id header',
  'Unauthorized: Session not found',
  'Session terminated',
  'Session has expired',
  'Session ID abc not found',
  'session "abc-1" not found',
  'Could not find session',
  'Invalid or expired session',
  'Invalid or missing session ID',
  'No active session',
  '{"error":"session_not_found"}',
])('%s', (text) => {
  expect(saysSessionUnknown(text)).toBe(true);
  expect(isSessionUnknown(Object.assign(new Error(text), { status: 503 }))).toBe(true);
  expect(isSessionUnknown(new Error(text))).toBe(false);
});

it.each([
  'Bad Request: Mcp-Session-Id header is required',
  'Too many sessions: 5 are open already',
  'Session limit reached',
  'cannot create session',
  'Unsupported protocol version',
  'bad gateway',
])('not: %s', (text) => {
  expect(saysSessionUnknown(text)).toBe(false);
});
