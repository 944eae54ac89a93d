/** Requests to the command that are wrong or not welcome: the status and the error that the specification names. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { CALL, INITIALIZE, send, type Sent } from '../proxy/raw-http.js';
import { MIRROR, mirrored, Started } from './support.js';

const TOKEN = 'a-token-of-ours';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const LIMIT = 4_194_304;

const serving = new Started();
const started = new Started();
let url: string;
beforeAll(async () => ({ url } = await serving.endpoint(['--token', TOKEN, ...MIRROR])));
afterEach(async () => started.end());
afterAll(async () => serving.end());

describe('the command answers', () => {
  it.each<{ what: string; sent: Sent; status: number; code: number }>([
    { what: 'malformed JSON', sent: { body: '{"jsonrpc":' }, status: 400, code: -32700 },
    { what: 'JSON that is no JSON-RPC', sent: { body: '{"hello":"world"}' }, status: 400, code: -32700 },
    { what: 'text', sent: { body: INITIALIZE, headers: { 'content-type': 'text/plain' } }, status: 415, code: -32000 },
    {
      what: 'a client that takes no event stream',
      sent: { body: INITIALIZE, headers: { accept: 'application/json' } },
      status: 406,
      code: -32000,
    },
    { what: 'an oversize body', sent: { body: padded(LIMIT + 1) }, status: 413, code: -32000 },
    {
      what: 'an oversize body of unknown length',
      sent: { body: padded(LIMIT + 1), headers: { 'transfer-encoding': 'chunked' } },
      status: 413,
      code: -32000,
    },
    { what: 'a call without a session', sent: { body: CALL }, status: 400, code: -32000 },
    ...['POST', 'GET', 'DELETE'].map((method) => ({
      what: `${method} of an unknown session`,
      sent: { method, headers: { 'mcp-session-id': 'nobody' }, ...(method === 'POST' && { body: CALL }) },
      status: 404,
      code: -32001,
    })),
    { what: 'another method', sent: { method: 'PUT', body: CALL }, status: 405, code: -32000 },
    ...[{ authorization: '' }, { authorization: 'Bearer another' }, { authorization: TOKEN }].map((headers) => ({
      what: `the credential '${headers.authorization}'`,
      sent: { body: INITIALIZE, headers },
      status: 401,
      code: -32000,
    })),
    {
      what: 'a foreign Host',
      sent: { body: INITIALIZE, headers: { host: 'evil.example' } },
      status: 403,
      code: -32000,
    },
    {
      what: 'a foreign Origin',
      sent: { body: INITIALIZE, headers: { origin: 'https://evil.example' } },
      status: 403,
      code: -32000,
    },
  ])('$what with $status and $code', async ({ sent, status, code }) => {
    const got = await send(url, { ...sent, headers: { ...AUTHORIZED, ...sent.headers } });
    // Whatever is said of it: no stack, and nothing of where the files are.
    expect(got.text).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d/);
    expect({ status: got.status, ...(JSON.parse(got.text) as Message) }).toEqual({
      status,
      jsonrpc: '2.0',
      id: null,
      error: { code, message: expect.stringMatching(/^[^\n]+$/) as string },
    });
    if (status === 401) expect(got.headers['www-authenticate']).toBe('Bearer');
  });
});

it('serves whoever does better, after all that', async () => {
  const client = await started.client(url, { headers: AUTHORIZED });
  expect((await mirrored(client)).pid).toBeGreaterThan(0);
  expect((await client.delete()).status).toBe(200);
  const health = (await fetch(new URL('/healthz', url))).json();
  expect(await health).toEqual({ status: 'ok', sessions: 0, inFlight: 0, parked: 0 });
});

function padded(length: number): string {
  const [start, end] = ['{"pad":"', '"}'];
  return `${start}${'x'.repeat(length - start.length - end.length)}${end}`;
}
