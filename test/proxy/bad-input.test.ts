/** Requests that are wrong or not welcome: the status and the error that the specification names. */
import { createStatefulProxy } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { badRequests } from './bad-requests.js';
import { CALL, INITIALIZE, send, sessionOf, type Got, type Sent } from './raw-http.js';
import { proxies } from './support.js';

const open = proxies();

const TOKEN = 'open sesame';
const LIMIT = 4_000;

function errorIn({ text }: Got): Message['error'] {
  expect(text).not.toMatch(/\n\s+at |node_modules|\.ts:\d/);
  const message = JSON.parse(text) as Message;
  expect(message).toMatchObject({ jsonrpc: '2.0', id: null });
  return message.error;
}

describe('the proxy answers', () => {
  it.each(badRequests(LIMIT))('$what with $status and $code', async ({ sent, status, code }) => {
    const stage = await open('in-memory', { maxBodyBytes: LIMIT });
    const got = await send(stage.url, sent);
    expect({ status: got.status, code: errorIn(got)?.code }).toEqual({ status, code });
    expect(stage.proxy.snapshot().sessions).toBe(0);
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:80', '[::1]:3000', 'mcp.example', 'mcp.example:8443', 'with.port:1'])(
    'requests that are addressed to %s',
    async (host) => {
      const stage = await open('in-memory', { allowedHosts: ['MCP.example', 'with.port:1'] });
      await sessionOf(stage, { host });
      expect((await send(stage.url, { body: INITIALIZE, headers: { host: 'with.port:2' } })).status).toBe(403);
    },
  );

  it('the first sessions, and not one more than there may be', async () => {
    const stage = await open('in-memory', { maxSessions: 2 });
    const id = await sessionOf(stage);
    await sessionOf(stage);
    const refused = await send(stage.url, { body: INITIALIZE });
    expect(refused.status).toBe(503);
    expect(errorIn(refused)?.message).toMatch(/Too many sessions: 2/);
    await send(stage.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    await sessionOf(stage);
  });

  it('junk without keeping a place for a session', async () => {
    const stage = await open('in-memory', { maxSessions: 1 });
    for (let turn = 0; turn < 3; turn++) expect((await send(stage.url, { body: '{' })).status).toBe(400);
    await sessionOf(stage);
  });
});

describe('with a token, the proxy', () => {
  it.each([undefined, 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN} `.slice(0, -2), TOKEN])(
    'answers 401 to the credential %s',
    async (authorization) => {
      const stage = await open('in-memory', { token: TOKEN });
      const got = await send(stage.url, { body: INITIALIZE, ...(authorization && { headers: { authorization } }) });
      expect(got.status).toBe(401);
      expect(got.headers['www-authenticate']).toBe('Bearer');
      errorIn(got);
    },
  );

  it('serves whoever presents it', async () => {
    const stage = await open('in-memory', { token: TOKEN });
    await sessionOf(stage, { authorization: `Bearer ${TOKEN}` });
  });
});

it('finds a session only with the credential that opened it', async () => {
  const stage = await open('in-memory');
  const id = await sessionOf(stage, { authorization: 'Bearer ann' });
  const ping = JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'ping' });
  for (const headers of [{}, { authorization: 'Bearer bob' }]) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const got = await send(stage.url, {
        method,
        ...(method === 'POST' && { body: ping }),
        headers: { ...headers, 'mcp-session-id': id },
      });
      expect({ status: got.status, code: errorIn(got)?.code }).toEqual({ status: 404, code: -32001 });
    }
  }
  const own = await send(stage.url, { body: ping, headers: { authorization: 'Bearer ann', 'mcp-session-id': id } });
  expect(own.status).toBe(200);
});

it('finds a session only with the other headers, too, that said who opened it', async () => {
  const stage = await open('in-memory', { credentialHeaders: ['x-api-key'] });
  const id = await sessionOf(stage, { 'x-api-key': 'ann' });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'ping' });
  for (const headers of [{}, { 'x-api-key': 'bob' }]) {
    expect((await send(stage.url, { body, headers: { ...headers, 'mcp-session-id': id } })).status).toBe(404);
  }
  expect((await send(stage.url, { body, headers: { 'x-api-key': 'ann', 'mcp-session-id': id } })).status).toBe(200);
});

describe('with CORS, the proxy', () => {
  const preflight = (origin: string): Sent => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,mcp-session-id',
    },
  });

  it('answers the preflight of an allowed origin, without a token', async () => {
    const stage = await open('in-memory', { cors: true, token: TOKEN, allowedOrigins: ['https://app.example'] });
    const { status, headers, text } = await send(stage.url, preflight('https://app.example'));
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'content-type,mcp-session-id',
      vary: 'Origin',
    });
  });

  it('lets the page of an allowed origin read the session id, and the errors', async () => {
    const stage = await open('in-memory', { cors: true });
    const origin = 'http://localhost:5173';
    for (const body of [INITIALIZE, CALL]) {
      const { headers } = await send(stage.url, { body, headers: { origin } });
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': expect.stringContaining('Mcp-Session-Id') as string,
      });
    }
  });

  it('gives no leave to any other origin', async () => {
    const stage = await open('in-memory', { cors: true });
    const got = await send(stage.url, preflight('https://evil.example'));
    expect(got.status).toBe(403);
    expect(Object.keys(got.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('options that cannot be are refused when the proxy is made:', () => {
  const upstream = (): never => {
    throw new Error('not called');
  };
  it.each<[string, object]>([
    ['upstream', {}],
    ['upstream', { upstream: 'npx server' }],
    ['maxSessions', { upstream, maxSessions: 0 }],
    ['maxInFlight', { upstream, maxInFlight: 0 }],
    ['idleTimeoutMs', { upstream, idleTimeoutMs: -1 }],
    ['serialize', { upstream, serialize: 'yes' }],
    ['allowedHosts', { upstream, allowedHosts: 'localhost' }],
    ['allowedOrigins', { upstream, allowedOrigins: [1] }],
    ['token', { upstream, token: '' }],
    ['cors', { upstream, cors: '*' }],
    ['eventStore', { upstream, eventStore: {} }],
    ['maxBodyBytes', { upstream, maxBodyBytes: 1.5 }],
    ['onerror', { upstream, onerror: true }],
    ['parkTimeoutMs', { upstream, backchannel: { parkTimeoutMs: -1 } }],
    ['colour', { upstream, colour: 'red' }],
  ])('%s in %o', (name, options) => {
    expect(() => createStatefulProxy(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(name) as string }) as Error,
    );
  });

  it('a token, without telling it', () => {
    expect(() => createStatefulProxy({ upstream, token: 42_424_242 as never })).not.toThrow(/42/);
    expect(() => createStatefulProxy({ upstream, token: 42_424_242 as never })).toThrow(/token/);
  });
});
