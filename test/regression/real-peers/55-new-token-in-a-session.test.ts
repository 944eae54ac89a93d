/** A token is replaced by a newer one of the same user, in mid-session. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import { Started } from '../../cli/support.js';
import { send, sessionOf, type Got } from '../../proxy/raw-http.js';
import { challenge, jwt, startProtected, type ProtectedBackend } from './protected-backend.js';

const started = new Started();
afterEach(async () => started.end());

const ANN = { iss: 'https://auth.example.com', sub: 'ann' };
const OLD = `Bearer ${jwt(ANN, 'old')}`;
const NEW = `Bearer ${jwt(ANN, 'new')}`;
const [OPAQUE, NEWER_OPAQUE] = ['Bearer opaque-token-1', 'Bearer opaque-token-2'];
const REFUSED = 'error="invalid_token"';

let backend: ProtectedBackend;
/** Whom it refuses. Nobody is refused who is not named. */
let refused: Set<string>;

beforeEach(async () => {
  refused = new Set();
  backend = started.add(
    await startProtected(({ headers }) =>
      refused.has(headers.authorization ?? '') ? challenge(401, REFUSED) : undefined,
    ),
  );
});

const PASS = ['--pass-header', 'authorization'];
const serve = async (args: readonly string[] = PASS): Promise<string> =>
  (await started.endpoint(['--url', backend.url, ...args])).url;

interface Session {
  readonly url: string;
  readonly id: string;
}

async function open(authorization: string | undefined, args?: readonly string[]): Promise<Session> {
  const url = await serve(args);
  return { url, id: await sessionOf({ url }, authorization === undefined ? {} : { authorization }) };
}

const REMEMBER = { name: 'remember', arguments: { key: 'x', value: 'of Ann' } };

/** A call in a session. @param authorization none: `''` */
let lastId = 0;

async function call({ url, id }: Session, authorization: string, params: object = REMEMBER): Promise<Got> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: ++lastId, method: 'tools/call', params });
  return send(url, { body, headers: { 'mcp-session-id': id, ...(authorization !== '' && { authorization }) } });
}

const tokensOfCalls = (): (string | undefined)[] => backend.said('tools/call', 'authorization');

describe('55: a newer token of the same user', () => {
  it('is taken if the backend takes it, which sees it from then on', async () => {
    const session = await open(OLD);
    expect((await call(session, OLD)).status).toBe(200);
    expect((await call(session, NEW)).status).toBe(200);
    expect((await call(session, NEW)).text).toContain('remembered');
    expect(tokensOfCalls()).toEqual([OLD, NEW, NEW]);
  });

  it('is refused if the backend refuses it, with its challenge; the session stays with the old one', async () => {
    const session = await open(OLD);
    refused.add(NEW);
    const got = await call(session, NEW);
    expect([got.status, got.headers['www-authenticate']]).toEqual([401, `Bearer ${REFUSED}`]);
    expect((await call(session, OLD)).status).toBe(200);
    expect(tokensOfCalls()).toEqual([OLD]);
  });

  it('takes the place of the old one, which is refused by the backend from then on', async () => {
    const session = await open(OLD);
    await call(session, NEW);
    refused.add(OLD);
    expect((await call(session, OLD)).status).toBe(401);
    expect((await call(session, NEW)).status).toBe(200);
  });

  it('is taken of GET and of DELETE, and the backend hears of the end of its session with it', async () => {
    const session = await open(OLD);
    refused.add(OLD);
    const headers = { 'mcp-session-id': session.id, authorization: NEW };
    const stream = await fetch(session.url, { headers: { ...headers, accept: 'text/event-stream' } });
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    expect((await send(session.url, { method: 'DELETE', headers })).status).toBe(200);
    await expect.poll(() => backend.heard.find(({ method }) => method === 'DELETE')?.headers.authorization).toBe(NEW);
  });

  it('of several requests at once is taken of all', async () => {
    const session = await open(OLD);
    refused.add(OLD);
    const all = await Promise.all([1, 2, 3].map(async () => call(session, NEW)));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(tokensOfCalls()).toEqual([NEW, NEW, NEW]);
  });

  it('is what the backend’s own stream is asked for with, when it is opened again', async () => {
    const url = await serve();
    const client = await started.client(url, { headers: { authorization: OLD } });
    const streams = (): (string | undefined)[] =>
      backend.heard.filter(({ method }) => method === 'GET').map(({ headers }) => headers.authorization);
    await expect.poll(streams).toEqual([OLD]);
    refused.add(OLD);
    backend.endStreams();
    await expect.poll(() => streams().length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect((await call({ url, id: client.sessionId ?? '' }, NEW)).status).toBe(200);
    await expect.poll(() => streams().at(-1), { timeout: 5_000 }).toBe(NEW);
  });

  it('is taken of a session that was opened without one', async () => {
    const session = await open(undefined);
    expect((await call(session, NEW)).status).toBe(200);
    expect(tokensOfCalls()).toEqual([NEW]);
    // It is somebody's from then on.
    expect((await call(session, '')).status).toBe(404);
  });

  it('is taken in any case of its scheme', async () => {
    const session = await open(OLD);
    expect((await call(session, NEW.replace('Bearer', 'bearer'))).status).toBe(200);
  });
});

describe('55: without asking the backend, the session is unknown with', () => {
  it.each([
    ['the token of another user', OLD, `Bearer ${jwt({ ...ANN, sub: 'bob' })}`],
    ['the token of a user of that name elsewhere', OLD, `Bearer ${jwt({ ...ANN, iss: 'https://evil.example' })}`],
    ['a token that says nobody', OLD, `Bearer ${jwt({ iss: ANN.iss })}`],
    [
      'a token of nobody, like the first',
      `Bearer ${jwt({ iss: ANN.iss }, '1')}`,
      `Bearer ${jwt({ iss: ANN.iss }, '2')}`,
    ],
    [
      'a token whose user is no text',
      `Bearer ${jwt({ ...ANN, sub: 7 }, '1')}`,
      `Bearer ${jwt({ ...ANN, sub: 7 }, '2')}`,
    ],
    ['an opaque token after another', OPAQUE, NEWER_OPAQUE],
    ['an opaque token after one that is not', OLD, OPAQUE],
    ['a token after an opaque one', OPAQUE, NEW],
    ['what is no token', OLD, 'Bearer a.b.c'],
    ['another scheme', OLD, NEW.replace('Bearer', 'Basic')],
    ['two tokens', OLD, `${NEW}, ${NEW}`],
    ['none', OLD, ''],
  ])('%s', async (_what, first, second) => {
    const session = await open(first);
    const heard = backend.heard.length;
    expect((await call(session, second)).status).toBe(404);
    for (const method of ['GET', 'DELETE']) {
      const headers = { 'mcp-session-id': session.id, ...(second !== '' && { authorization: second }) };
      expect((await send(session.url, { method, headers })).status).toBe(404);
    }
    expect(backend.heard.slice(heard)).toEqual([]);
    expect((await call(session, first)).status).toBe(200);
  });

  it('a newer token that is not passed on', async () => {
    const session = await open(OLD, ['--header', 'x-key: abcdefgh']);
    expect((await call(session, NEW)).status).toBe(404);
  });

  it('a newer token and another of the headers that say who it is', async () => {
    const url = await serve([...PASS, '--pass-header', 'x-api-key']);
    const id = await sessionOf({ url }, { authorization: OLD, 'x-api-key': 'anns-key' });
    const headers = { 'mcp-session-id': id, authorization: NEW, 'x-api-key': 'bobs-key' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping' });
    expect((await send(url, { body, headers })).status).toBe(404);
    expect((await send(url, { body, headers: { ...headers, 'x-api-key': 'anns-key' } })).status).toBe(200);
  });
});

describe('55: with --rebind', () => {
  const REBIND = [...PASS, '--rebind'];

  it('the word of the backend is enough for opaque tokens', async () => {
    const session = await open(OPAQUE, REBIND);
    expect((await call(session, NEWER_OPAQUE)).status).toBe(200);
    expect(tokensOfCalls()).toEqual([NEWER_OPAQUE]);
    refused.add(OPAQUE);
    expect((await call(session, OPAQUE)).status).toBe(401);
    expect((await call(session, NEWER_OPAQUE)).status).toBe(200);
  });

  it('a token that says another user is another user’s all the same', async () => {
    const session = await open(OLD, REBIND);
    expect((await call(session, `Bearer ${jwt({ ...ANN, sub: 'bob' })}`)).status).toBe(404);
    expect((await call(session, '')).status).toBe(404);
  });
});

it('55: who only says to be the user sees nothing of the session while the backend is asked', async () => {
  const url = await serve();
  const client: StrictClient = await started.client(url, { headers: { authorization: OLD } });
  const forged = `Bearer ${jwt(ANN, 'forged')}`;
  let refuse = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    backend.guard = async ({ headers }) => {
      if (headers.authorization !== forged) return undefined;
      resolve();
      await new Promise<void>((go) => (refuse = go));
      return challenge(401, REFUSED);
    };
  });
  const attack = call({ url, id: client.sessionId ?? '' }, forged, { name: 'ask', arguments: {} });
  await asked;
  // The last one that came in would be asked, were the attacker's a request of the session.
  const question = client.next(({ message }) => message.method === 'elicitation/create', 0);
  const own = client.start('tools/call', { name: 'ask', arguments: { tag: 'of Ann' } });
  expect((await question).stream).toBe(`POST ${String(own.id)}`);
  refuse();
  expect(await attack).toMatchObject({ status: 401, text: expect.not.stringContaining('of Ann') as string });
});

describe('55: what --pass-header names is passed on with each request', () => {
  const TRACING = ['traceparent', 'tracestate', 'x-request-id', 'x-correlation-id'];
  const args = TRACING.flatMap((name) => ['--pass-header', name]);

  it('as that request has it, or has not', async () => {
    const url = await serve([...args, '--header', 'x-request-id: none']);
    const id = await sessionOf({ url }, { traceparent: '00-init-1-01', 'x-request-id': 'init' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: REMEMBER });
    for (const headers of [{ traceparent: '00-call-2-01', 'x-request-id': 'call' }, {}, { tracestate: 'a=b' }])
      expect((await send(url, { body, headers: { 'mcp-session-id': id, ...headers } })).status).toBe(200);
    expect(backend.said('initialize', 'traceparent')).toEqual(['00-init-1-01']);
    expect(backend.said('tools/call', 'traceparent')).toEqual(['00-call-2-01', undefined, undefined]);
    expect(backend.said('tools/call', 'tracestate')).toEqual([undefined, undefined, 'a=b']);
    expect(backend.said('tools/call', 'x-request-id')).toEqual(['call', 'none', 'none']);
  });

  it('of calls at once, each with its own, also where one waits for the other', async () => {
    for (const more of [[], ['--serialize']]) {
      const url = await serve([...args, ...more]);
      const id = await sessionOf({ url });
      const calls = ['one', 'two', 'three'].map(async (name, at) => {
        const message = {
          jsonrpc: '2.0',
          id: at,
          method: 'tools/call',
          params: { name: 'echo', arguments: { text: name } },
        };
        const headers = { 'mcp-session-id': id, 'x-request-id': name };
        return send(url, { body: JSON.stringify(message), headers });
      });
      await Promise.all(calls);
      const heard = backend.heard.splice(0).filter(({ message }) => message?.method === 'tools/call');
      for (const { message, headers } of heard)
        expect(headers['x-request-id']).toBe((message?.params as { arguments: { text: string } }).arguments.text);
      expect(heard).toHaveLength(3);
    }
  });

  it('but what may say who the client is binds the session as before', async () => {
    const url = await serve(['--pass-header', 'x-user']);
    const id = await sessionOf({ url }, { 'x-user': 'ann' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping' });
    expect((await send(url, { body, headers: { 'mcp-session-id': id, 'x-user': 'bob' } })).status).toBe(404);
  });

  it('and of another name that does not, with --vary-header', async () => {
    const url = await serve(['--vary-header', 'X-Build']);
    const id = await sessionOf({ url }, { 'x-build': '1' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: REMEMBER });
    expect((await send(url, { body, headers: { 'mcp-session-id': id, 'x-build': '2' } })).status).toBe(200);
    expect(backend.said('tools/call', 'x-build')).toEqual(['2']);
  });
});
