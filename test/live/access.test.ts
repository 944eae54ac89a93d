import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { get, serveLive } from './live-server.js';

const TOKEN = 'a-token-of-ours';

const started = new Started();
afterEach(async () => started.end());

describe('without a token, the live page', () => {
  it('is shown to a browser on this machine', async () => {
    const { url, port } = await serveLive(started);
    expect((await get(`${url}/live`)).statusCode).toBe(200);
    expect((await get(`${url}/live`, { host: `localhost:${port}` })).statusCode).toBe(200);
    for (const site of ['same-origin', 'none'])
      expect((await get(`${url}/live/events`, { 'sec-fetch-site': site })).statusCode).toBe(200);
  });

  it.each([
    ['under another name, even one that the endpoint allows', { host: 'good.test' }],
    ['from another origin', { origin: 'https://evil.test' }],
    ['through a proxy', { 'x-forwarded-for': '198.51.100.7' }],
    ['through a proxy that names itself', { forwarded: 'for=198.51.100.7' }],
    ['through a proxy that tells the scheme only', { 'x-forwarded-proto': 'https' }],
    ...['cf-connecting-ip', 'true-client-ip', 'x-client-ip', 'x-real-ip', 'x-original-host'].map((name) => [
      `through a proxy that adds ${name}`,
      { [name]: '198.51.100.7' },
    ]),
    ['to a page of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['to a page of another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
  ])('is not shown %s', async (_how, headers) => {
    const { url } = await serveLive(started);
    for (const path of ['/live', '/live/page.js', '/live/events'])
      expect((await get(url + path, headers as Record<string, string>)).statusCode).toBe(403);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  it.skipIf(outside === undefined)(
    `is not shown to another address${outside === undefined ? ' (skipped: this machine has none)' : ''}`,
    async () => {
      const { port } = await serveLive(started, { host: '0.0.0.0' });
      const host = `localhost:${port}`;
      expect((await get(`http://${outside}:${port}/live/events`, { host })).statusCode).toBe(403);
      expect((await get(`http://127.0.0.1:${port}/live`, { host })).statusCode).toBe(200);
    },
  );
});

describe('with a token, the live page', () => {
  it('is shown to nobody without it', async () => {
    const { url } = await serveLive(started, { token: TOKEN });
    for (const path of ['/live', '/live/page.js', '/live/events', '/live?token=another', '/live?token='])
      expect((await get(url + path)).statusCode).toBe(401);
    expect((await get(`${url}/live`, { authorization: 'Bearer another' })).statusCode).toBe(401);
    expect((await get(`${url}/live`, { cookie: 'mcp-backchannel-live=x' })).statusCode).toBe(401);
  });

  it('takes it from the URL once, and gives a cookie that is not the token', async () => {
    const { url, port } = await serveLive(started, { token: TOKEN });
    const { statusCode, headers } = await get(`${url}/live?token=${TOKEN}`);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      new RegExp(`^mcp-backchannel-live-${port}=[\\w-]{43}; Path=/live; HttpOnly; SameSite=Strict$`),
    );
    expect(cookie).not.toContain(TOKEN);
    const [pair = ''] = cookie.split(';');
    expect((await get(`${url}/live`, { cookie: pair })).statusCode).toBe(200);
    expect((await get(`${url}/live/events`, { cookie: `a=b; ${pair}` })).statusCode).toBe(200);
    // Pages of other ports of this host bring the cookie as well.
    const elsewhere = { cookie: pair, 'sec-fetch-site': 'same-site' };
    expect((await get(`${url}/live/events`, elsewhere)).statusCode).toBe(403);
    expect((await get(`${url}/live`, elsewhere)).statusCode).toBe(200);
    const another = await serveLive(started, { token: TOKEN });
    expect((await get(`${another.url}/live`, { cookie: pair })).statusCode).toBe(401);
  });

  it('takes it as a bearer token, at an allowed host, from anywhere', async () => {
    const { url } = await serveLive(started, { token: TOKEN });
    const authorization = `Bearer ${TOKEN}`;
    expect((await get(`${url}/live`, { authorization })).statusCode).toBe(200);
    expect((await get(`${url}/live`, { authorization, host: 'good.test', forwarded: 'for=_x' })).statusCode).toBe(200);
    expect((await get(`${url}/live`, { authorization, host: 'evil.test' })).statusCode).toBe(403);
  });
});

it('lets the page load nothing from elsewhere, and nobody put it into a page', async () => {
  const { url } = await serveLive(started);
  const { headers } = await get(`${url}/live`);
  expect(headers['content-security-policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

it('has only its own files, to be read', async () => {
  const { url } = await serveLive(started);
  for (const path of ['/live/', '/live/x', '/live/../cli.js', '/live/main.js', '/live/__proto__', '/live/constructor'])
    expect((await get(url + path)).statusCode).toBe(404);
  expect((await fetch(`${url}/live`, { method: 'POST' })).status).toBe(405);
});
