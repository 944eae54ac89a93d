/** A token is replaced by a newer one while a call waits for its client. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { StatefulProxyOptions } from 'mcp-backchannel/proxy';
import { HttpTransport } from '../../src/backends/http/index.js';
import { closers, proxies } from '../proxy/support.js';
import { challenge, jwt, startProtected, type ProtectedBackend } from '../regression/real-peers/protected-backend.js';
import { doors } from './door-stage.js';
import { post, suspensionIn, type RawAnswer, type RawOptions } from './raw-modern.js';

const open = proxies();
const openOverPipe = doors();
const closing = closers();

const ANN = { iss: 'https://auth.example.com', sub: 'ann' };
const [OLD, NEW, NEWEST] = ['old', 'new', 'newest'].map((serial) => ({ token: jwt(ANN, serial) }));
const BEN = { token: jwt({ ...ANN, sub: 'ben' }) };
const [OPAQUE, NEWER_OPAQUE] = [{ token: 'opaque-1' }, { token: 'opaque-2' }];

const CALL = { name: 'ask', arguments: { tag: 'a' } };

let backend: ProtectedBackend;
/** The tokens that the backend refuses. */
let refused: Set<string>;

beforeEach(async () => {
  refused = new Set();
  backend = await startProtected(({ headers }) =>
    refused.has(headers.authorization ?? '') ? challenge(401, 'error="invalid_token"') : undefined,
  );
  closing(() => backend.close());
});

const PASSING: Partial<StatefulProxyOptions> = { passHeaders: ['authorization'] };

async function stage(options = PASSING): Promise<string> {
  return (await open(() => new HttpTransport(new URL(backend.url)), options)).url;
}

interface Waiting {
  readonly retry: (options: RawOptions | undefined, changed?: object) => Promise<RawAnswer>;
}

/** A call that waits for its client. */
async function suspended(url: string, options: RawOptions | undefined): Promise<Waiting> {
  const { requestState } = suspensionIn(await post(url, 'tools/call', CALL, options));
  const inputResponses = { 'elicitation-1': { action: 'accept', content: { answer: 'yes' } } };
  return {
    retry: async (by, changed = {}) =>
      post(url, 'tools/call', { ...CALL, requestState, inputResponses, ...changed }, by),
  };
}

const DONE = { status: 200, last: { result: { resultType: 'complete', content: [{ type: 'text' }] } } };
const LOST = { status: 200, last: { error: { code: -32_602 } } };

const calls = (): number => backend.said('tools/call', 'authorization').length;

describe('a newer token of the same user', () => {
  it('goes on with the call, and the backend sees it', async () => {
    const { retry } = await suspended(await stage(), OLD);
    if (OLD !== undefined) refused.add(`Bearer ${OLD.token}`);
    expect(await retry(NEW)).toMatchObject(DONE);
    expect(calls()).toBe(1);
    expect(backend.heard.at(-1)?.headers.authorization).toBe(`Bearer ${String(NEW?.token)}`);
  });

  it('goes on with the call once', async () => {
    const { retry } = await suspended(await stage(), OLD);
    const outcomes = await Promise.all([retry(NEW), retry(NEW), retry(OLD)]);
    expect(outcomes.filter(({ last }) => last.result !== undefined)).toHaveLength(1);
    expect(calls()).toBe(1);
  });

  it('may come again in the next round, and may be another one each time', async () => {
    const url = await stage();
    const { retry } = await suspended(url, OLD);
    const again = suspensionIn(await retry(NEW, { inputResponses: {} }));
    expect(await retry(NEWEST, { requestState: again.requestState })).toMatchObject(DONE);
  });

  it('goes on with each of the calls in a shared session', async () => {
    const url = await stage({ ...PASSING, modernSessions: 'shared' });
    const both = [await suspended(url, OLD), await suspended(url, OLD)];
    for (const { retry } of both) expect(await retry(NEW)).toMatchObject(DONE);
    expect(backend.said('initialize', 'authorization')).toHaveLength(1);
  });

  it('is refused if the backend refuses it, and the old one can still go on', async () => {
    const { retry } = await suspended(await stage(), OLD);
    refused.add(`Bearer ${String(NEW?.token)}`);
    expect((await retry(NEW)).status).toBe(401);
    expect(await retry(OLD)).toMatchObject(DONE);
  });
});

it('a session that was renewed is left to nobody, since the old token was for another', async () => {
  const { url, proxy } = await open(() => new HttpTransport(new URL(backend.url)), PASSING);
  const { retry } = await suspended(url, OLD);
  expect(await retry(NEW)).toMatchObject(DONE);
  await expect.poll(() => proxy.snapshot().sessions).toBe(0);
});

describe('the call is not found, and its owner can still go on with it', () => {
  it.each([
    ['another user', OLD, BEN, PASSING],
    ['nobody', OLD, {}, PASSING],
    ['a token that names no user', OLD, OPAQUE, PASSING],
    ['another token that names no user', OPAQUE, NEWER_OPAQUE, PASSING],
    ['a token, if the call is of an anonymous client', {}, NEW, PASSING],
    ['a newer token that the backend is not shown', OLD, NEW, {}],
    [
      'a newer token with another of the headers that say who the client is',
      OLD,
      { ...NEW, headers: { 'x-user': 'b' } },
      { ...PASSING, credentialHeaders: ['x-user'] },
    ],
  ])('by %s', async (_name, owner: RawOptions | undefined, other, options: Partial<StatefulProxyOptions>) => {
    const { retry } = await suspended(await stage(options), owner);
    expect(await retry(other)).toMatchObject(LOST);
    expect(await retry(owner)).toMatchObject(DONE);
    expect(calls()).toBe(1);
  });

  it('by a newer token for other arguments', async () => {
    const { retry } = await suspended(await stage(), OLD);
    expect(await retry(NEW, { arguments: { tag: 'b' } })).toMatchObject(LOST);
    expect(backend.said('ping', 'authorization')).toEqual([]);
    expect(await retry(OLD)).toMatchObject(DONE);
  });

  it('by a newer token, if the backend is a command and cannot tell whether it is genuine', async () => {
    const { url } = await openOverPipe('stdio', PASSING);
    const { retry } = await suspended(url, OLD);
    expect(await retry(NEW)).toMatchObject(LOST);
    expect(await retry(OLD)).toMatchObject(DONE);
  });
});

describe('a newer token that names no user', () => {
  it('goes on with the call with `rebind`, if the backend accepts it', async () => {
    const { retry } = await suspended(await stage({ ...PASSING, rebind: true }), OPAQUE);
    expect(await retry(NEWER_OPAQUE)).toMatchObject(DONE);
  });
});
