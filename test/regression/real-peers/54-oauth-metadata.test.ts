/** Where a client learns who gives it a token: the documents of the backend, which speak of us. */
import { afterEach, describe, expect, it } from 'vitest';
import { MIRROR, Started } from '../../cli/support.js';
import { send, type Got } from '../../proxy/raw-http.js';
import { INITIALIZE_MESSAGE } from '../../support/raw-http.js';
import { json, startProtected, type ProtectedBackend } from './protected-backend.js';

const started = new Started();
afterEach(async () => started.end());

const RESOURCE = '/.well-known/oauth-protected-resource';
const SERVER = '/.well-known/oauth-authorization-server';
const DOCUMENT = {
  resource: 'http://backend.internal/mcp',
  authorization_servers: ['https://auth.example.com'],
  scopes_supported: ['files:read'],
  bearer_methods_supported: ['header'],
};

const startBackend = async (): Promise<ProtectedBackend> => started.add(await startProtected());

const serve = async (backend: ProtectedBackend, ...args: string[]): Promise<string> =>
  (await started.endpoint(['--url', backend.url, '--pass-header', 'authorization', ...args])).url;

const get = async (url: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> =>
  send(new URL(path, url).href, { method, headers });

describe('54: the metadata of a protected backend', () => {
  it.each([
    ['where its path is told', `${RESOURCE}/mcp`],
    ['at the root', RESOURCE],
  ])('is relayed, and speaks of us, as the backend has it %s', async (_where, at) => {
    const backend = await startBackend();
    backend.documents.set(at, () => json(DOCUMENT));
    const url = await serve(backend);
    for (const path of [RESOURCE, `${RESOURCE}/mcp`]) {
      const { status, text, headers } = await get(url, path);
      expect(status).toBe(200);
      expect(headers['content-type']).toContain('application/json');
      expect(JSON.parse(text)).toEqual({ ...DOCUMENT, resource: url });
    }
  });

  it('is relayed from where its challenge has named it, on the same server', async () => {
    const backend = await startBackend();
    const at = '/oauth/metadata?of=mcp';
    backend.documents.set(at, () => json(DOCUMENT));
    const named = `Bearer resource_metadata="${new URL(at, backend.url).href}"`;
    backend.guard = () => ({ status: 401, headers: { 'www-authenticate': named } });
    const url = await serve(backend);
    expect((await send(url, { body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })).status).toBe(400);
    await expect(started.client(url)).rejects.toThrow('401');
    expect(JSON.parse((await get(url, `${RESOURCE}/mcp`)).text)).toEqual({ ...DOCUMENT, resource: url });
  });

  it('is not fetched from another server that a challenge has named', async () => {
    const [backend, elsewhere] = [await startBackend(), await startBackend()];
    elsewhere.documents.set('/x', () => json(DOCUMENT));
    const named = `Bearer resource_metadata="${new URL('/x', elsewhere.url).href}"`;
    backend.guard = () => ({ status: 401, headers: { 'www-authenticate': named } });
    const url = await serve(backend);
    await expect(started.client(url)).rejects.toThrow('401');
    await get(url, `${RESOURCE}/mcp`);
    expect(elsewhere.heard).toEqual([]);
  });

  it('speaks of --public-url, and is found where that is', async () => {
    const backend = await startBackend();
    backend.documents.set(`${RESOURCE}/mcp`, () => json({ ...DOCUMENT, signed_metadata: 'a.b.c' }));
    const url = await serve(backend, '--public-url', 'https://mcp.example.com/tools/mcp');
    for (const path of [RESOURCE, `${RESOURCE}/mcp`, `${RESOURCE}/tools/mcp`]) {
      // What is signed says what it said.
      expect(JSON.parse((await get(url, path)).text)).toEqual({
        ...DOCUMENT,
        resource: 'https://mcp.example.com/tools/mcp',
      });
    }
    expect((await get(url, `${RESOURCE}/other`)).status).toBe(404);
  });

  it('speaks of https where a proxy in front says so, in the challenge as well', async () => {
    const backend = await startBackend();
    backend.documents.set(`${RESOURCE}/mcp`, () => json(DOCUMENT));
    const named = `Bearer resource_metadata="${new URL(`${RESOURCE}/mcp`, backend.url).href}"`;
    backend.guard = () => ({ status: 401, headers: { 'www-authenticate': named } });
    const url = await serve(backend);
    const body = JSON.stringify(INITIALIZE_MESSAGE);
    for (const [said, scheme] of [
      ['https', 'https'],
      ['HTTPS', 'https'],
      // Each proxy on the way adds what it was reached by.
      ['https, http', 'https'],
      ['http,https', 'http'],
      ['', 'http'],
    ] as const) {
      const headers = { 'x-forwarded-proto': said };
      const { resource } = JSON.parse((await get(url, `${RESOURCE}/mcp`, headers)).text) as { resource: string };
      expect(resource).toBe(url.replace('http:', `${scheme}:`));
      const challenged = (await send(url, { headers, body })).headers['www-authenticate'];
      expect(challenged).toBe(`Bearer resource_metadata="${new URL(`${RESOURCE}/mcp`, resource).href}"`);
    }
  });

  it('is none where the backend has none', async () => {
    const backend = await startBackend();
    const url = await serve(backend);
    for (const path of [RESOURCE, `${RESOURCE}/mcp`, SERVER]) expect((await get(url, path)).status).toBe(404);
  });

  it('is none of a command, nor where --token guards the door', async () => {
    const { url } = await started.endpoint(MIRROR);
    expect((await get(url, `${RESOURCE}/mcp`)).status).toBe(404);
    const backend = await startBackend();
    backend.documents.set(`${RESOURCE}/mcp`, () => json(DOCUMENT));
    const guarded = await started.endpoint(['--url', backend.url, '--token', 'a-token-of-ours']);
    expect((await get(guarded.url, `${RESOURCE}/mcp`)).status).toBe(404);
  });

  it('is for whoever may address us, and only read', async () => {
    const backend = await startBackend();
    backend.documents.set(`${RESOURCE}/mcp`, () => json(DOCUMENT));
    const url = await serve(backend, '--cors');
    expect((await get(url, `${RESOURCE}/mcp`, { host: 'evil.test' })).status).toBe(403);
    expect((await get(url, `${RESOURCE}/mcp`, {}, 'POST')).status).toBe(405);
    const origin = 'http://localhost:5173';
    const preflight = await get(url, `${RESOURCE}/mcp`, { origin, 'access-control-request-method': 'GET' }, 'OPTIONS');
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, origin]);
    const got = await get(url, `${RESOURCE}/mcp`, { origin });
    expect([got.status, got.headers['access-control-allow-origin']]).toEqual([200, origin]);
    const head = await get(url, `${RESOURCE}/mcp`, {}, 'HEAD');
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it.each([
    ['is no JSON', { status: 200, body: '<html>' }],
    ['is too long', { status: 200, body: JSON.stringify({ ...DOCUMENT, filling: 'x'.repeat(2 ** 20) }) }],
    ['fails', { status: 500, body: 'broken' }],
    ['is elsewhere', { status: 302, headers: { location: 'http://elsewhere.test/' } }],
  ])('costs nothing but an answer where it %s', async (_what, answer) => {
    const backend = await startBackend();
    backend.documents.set(`${RESOURCE}/mcp`, () => answer);
    const url = await serve(backend);
    const { status, text } = await get(url, `${RESOURCE}/mcp`);
    expect(status).toBe(502);
    expect(text.length).toBeLessThan(1_000);
  });
});

describe('54: a backend that gives tokens itself, as in 2025-03-26,', () => {
  it('has its own metadata relayed as it is, and is named as who gives them', async () => {
    const backend = await startBackend();
    const { origin } = new URL(backend.url);
    const document = {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
    };
    backend.documents.set(SERVER, () => json(document));
    const url = await serve(backend);
    expect(JSON.parse((await get(url, SERVER)).text)).toEqual(document);
    expect(JSON.parse((await get(url, `${RESOURCE}/mcp`)).text)).toEqual({
      resource: url,
      authorization_servers: [origin],
    });
  });

  it('is named likewise where it has no metadata at all, once it has refused somebody', async () => {
    const backend = await startBackend();
    backend.guard = () => ({ status: 401 });
    const url = await serve(backend);
    await expect(started.client(url)).rejects.toThrow('401');
    expect(JSON.parse((await get(url, `${RESOURCE}/mcp`)).text)).toEqual({
      resource: url,
      authorization_servers: [new URL(backend.url).origin],
    });
  });
});
