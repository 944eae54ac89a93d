import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { JSON_HEADERS } from '../support/raw-http.js';
import { MIRROR, mirrored, Started } from './support.js';
import type { EventRecord } from '../../src/telemetry/record.js';
import { accept } from '../support/accept.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const started = new Started();
afterEach(async () => started.end());

const TOKEN = 'a-token-of-ours';
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

async function get(url: string, path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, url), init);
  return { status: response.status, text: await response.text() };
}

/** `fetch` does not let anybody choose the Host. */
async function statusFor(url: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const method = path === '/mcp' ? 'POST' : 'GET';
  const request = httpRequest(new URL(path, url), { method, headers: { ...JSON_HEADERS, ...headers }, agent: false });
  request.end(method === 'POST' ? PING : undefined);
  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }];
  response.resume();
  return response.statusCode;
}

it('tells its health and its metrics', async () => {
  const { url } = await started.endpoint(MIRROR);
  const client = await started.client(url);
  await client.callTool('ask');

  const health = await get(url, '/healthz');
  expect(health.status).toBe(200);
  expect(JSON.parse(health.text)).toEqual({ status: 'ok', ...NOTHING_OPEN, sessions: 1 });
  const { text } = await get(url, '/metrics');
  expect(text).toMatch(/^mcp_backchannel_sessions 1$/m);
  expect(text).toMatch(/^mcp_backchannel_in_flight 0$/m);
  expect(text).toMatch(/^mcp_backchannel_parked 0$/m);
  expect(text).toMatch(/^mcp_backchannel_routes_total\{evidence="sole",outcome="delivered"\} 1$/m);
  expect(text).toMatch(/^mcp_backchannel_wait_seconds_count 1$/m);
  expect(text).toMatch(/^mcp_backchannel_calls_total\{method="tools\/call",outcome="result"\} 1$/m);
  expect(text).toMatch(/^mcp_backchannel_call_duration_seconds_bucket\{le="300",method="tools\/call"\} 1$/m);
  const asked = 'method="elicitation/create",evidence="sole",outcome="accept"';
  expect(text).toContain(`mcp_backchannel_questions_total{${asked}} 1\n`);
  expect(text).toMatch(/^mcp_backchannel_question_duration_seconds_count\{method="elicitation\/create"\} 1$/m);
});

it('is nowhere else, and at the path it is given', async () => {
  const { url } = await started.endpoint(['--path', '/a/b', ...MIRROR]);
  expect(url).toMatch(/\/a\/b$/);
  expect((await mirrored(await started.client(url))).pid).toBeGreaterThan(0);
  for (const path of ['/', '/mcp', '/a/b/c', '/healthz/x']) expect((await get(url, path)).status).toBe(404);
  expect((await get(url, '/metrics', { method: 'POST' })).status).toBe(405);
  for (const path of ['/', '/sse']) {
    const { text } = await get(url, path);
    expect(JSON.parse(text)).toEqual({
      error: 'not found',
      hint: 'the MCP endpoint (Streamable HTTP) is at /a/b',
    });
  }
});

it('does not say where it is to those who may not come in, nor where its path may be a secret', async () => {
  const secret = await started.endpoint(['--path', '/mcp/not-for-everybody', ...MIRROR]);
  expect((await get(secret.url, '/')).text).not.toContain('not-for-everybody');
  const guarded = await started.endpoint(['--token', TOKEN, ...MIRROR]);
  expect((await get(guarded.url, '/')).text).not.toContain('/mcp');
});

describe('lets nobody in', () => {
  it.each([
    ['the option', ['--token', TOKEN], {}],
    ['the environment', [], { MCP_BACKCHANNEL_TOKEN: TOKEN }],
  ])('without the token of %s, and does not log it', async (_where, args, env) => {
    const { url, command } = await started.endpoint([...args, ...MIRROR], env);
    expect(await statusFor(url, '/mcp', {})).toBe(401);
    expect(await statusFor(url, '/mcp', { authorization: 'Bearer another' })).toBe(401);
    expect(await statusFor(url, '/metrics', {})).toBe(401);
    expect(await statusFor(url, '/healthz', {})).toBe(200);
    const authorization = `Bearer ${TOKEN}`;
    expect(await statusFor(url, '/metrics', { authorization })).toBe(200);
    expect((await mirrored(await started.client(url, { headers: { authorization } }))).pid).toBeGreaterThan(0);
    expect(command.stderr.join('\n')).not.toContain(TOKEN);
  });

  it('who addresses a host or comes from an origin that is not allowed', async () => {
    const allowed = ['--allowed-host', 'good.test', '--allowed-origin', 'https://good.test'];
    const { url } = await started.endpoint([...allowed, ...MIRROR]);
    // A ping without a session is a bad request, but its sender was let in.
    expect(await statusFor(url, '/mcp', {})).toBe(400);
    expect(await statusFor(url, '/mcp', { host: 'good.test', origin: 'https://good.test' })).toBe(400);
    expect(await statusFor(url, '/mcp', { host: 'evil.test' })).toBe(403);
    expect(await statusFor(url, '/mcp', { origin: 'https://evil.test' })).toBe(403);
    expect(await statusFor(url, '/metrics', { host: 'evil.test' })).toBe(403);
  });

  it('but says which host or origin it refused, and how to allow it, in the log once', async () => {
    const { url, command } = await started.endpoint([...MIRROR]);
    for (let times = 0; times < 3; times++) {
      expect(await statusFor(url, '/mcp', { host: 'evil.test' })).toBe(403);
      expect(await statusFor(url, '/mcp', { origin: 'https://evil.test' })).toBe(403);
    }
    const text = (await (
      await fetch(url, { method: 'POST', headers: { origin: 'https://evil.test' } })
    ).json()) as object;
    expect(JSON.stringify(text)).toContain('this Origin is not allowed: \\"https://evil.test\\"');
    await command.line(/error: this Host is not allowed: "evil\.test".*--allowed-host/);
    await command.line(/error: this Origin is not allowed: "https:\/\/evil\.test".*--allowed-origin/);
    expect(command.stderr.filter((line) => line.includes('is not allowed'))).toHaveLength(2);
  });
});

it('answers the CORS preflights of allowed origins when told to', async () => {
  const { url } = await started.endpoint(['--cors', '--allowed-origin', 'https://good.test', ...MIRROR]);
  const response = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'https://good.test', 'access-control-request-method': 'POST' },
  });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, 'https://good.test']);
});

it('refuses one session more than it may have', async () => {
  const { url } = await started.endpoint(['--max-sessions', '1', ...MIRROR]);
  await started.client(url);
  await expect(started.client(url)).rejects.toThrow('503');
});

it('keeps events in memory when told to, so that a client can resume its stream and misses nothing', async () => {
  const { url } = await started.endpoint(['--event-store', 'memory', ...MIRROR]);
  const client = await started.client(url, { answers: {} });
  const call = client.start('tools/call', { name: 'ask' });
  const question = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);
  const answer = client.next(({ message: { id, result } }) => id === call.id && result !== undefined);
  await call.drop();
  await client.reply(question.message.id, accept());
  await expect.poll(async () => (await get(url, '/healthz')).text).toContain('"inFlight":0');

  // Until the end of its connection has come through, the stream counts as being read: 409.
  await expect.poll(async () => (await client.openGet(question.eventId)).status).toBe(200);

  expect(await answer).toMatchObject({ stream: 'GET', message: { result: { content: [{ text: 'accept' }] } } });
});

describe('warns of', () => {
  it('an address that others can reach without a token, and names the risk', async () => {
    const { command } = await started.endpoint(['--host', '0.0.0.0', ...MIRROR]);
    expect(command.stderr[0]).toMatch(/warning: 0\.0\.0\.0 can be reached from other machines and there is no --token/);
  });

  it('nothing when there is a token, or the address is loopback', async () => {
    const safe = ['--host', '0.0.0.0', '--token', TOKEN, '--allowed-host', 'good.test', ...MIRROR];
    for (const args of [safe, MIRROR]) {
      const { command } = await started.endpoint(args);
      expect(command.stderr.join('\n')).not.toContain('warning');
    }
  });
});

it('says in one line that its port is in use, and ends with exit code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const command = started.command(['--port', String(port), ...MIRROR]);
  expect(await command.exit).toEqual({ code: 1, signal: null });
  expect(command.stderr).toEqual([
    `mcp-backchannel: error: cannot listen on 127.0.0.1 port ${port}: the port is in use`,
  ]);
  await once(other.close(), 'close');
});

it('tells what happens in lines of stderr with --trace, and in JSON with --json', async () => {
  const plain = await started.endpoint(['--trace', ...MIRROR]);
  await (await started.client(plain.url)).callTool('ask');
  await plain.command.line(
    /^[\d:]{8}\.\d{3}Z [\w-]{8} strict-client elicitation\/create "q1" → call 1 \(sole\): delivered, after \d+ ms$/,
  );

  const json = await started.endpoint(['--trace', '--json', ...MIRROR]);
  await (await started.client(json.url)).callTool('ask');
  await json.command.line(/"call-ended".*"tools\/call"/);
  const lines = json.command.stderr.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ level: 'info', url: json.url });
  const events = lines.flatMap(({ event }) => (event === undefined ? [] : [event as EventRecord]));
  const route = events.find(({ kind }) => kind === 'route');
  expect(route).toMatchObject({ method: 'elicitation/create', to: 'request', call: 1, evidence: 'sole' });
  expect(JSON.stringify(route)).toMatch(/"waitedMs":\d+(\.\d{1,3})?}$/);
  expect(events.at(-1)).toMatchObject({ kind: 'call-ended', method: 'tools/call', outcome: 'result' });
});
