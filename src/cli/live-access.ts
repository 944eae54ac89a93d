import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from './own-address.js';
import { digest } from '../proxy/credential.js';
import { Guard } from '../proxy/guard.js';
import { incomingOf } from '../proxy/node-listener.js';
import type { Answer } from '../proxy/own-answers.js';

/** A proxy on this machine adds one of these, so the request comes from who knows where. */
const FORWARDED: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-host',
]);

/** Values of `Sec-Fetch-Site`: the page asks, or somebody has typed the address. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/** Goes on by itself. After a redirect of another site's link, the browser would not send the cookie. */
const WELCOME =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/live">' +
  '<link rel="icon" href="data:,"><title>Live page</title><p><a href="/live">Go on to the live page</a></p></html>\n';

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

const NOT_LOCAL: Answer = {
  status: 403,
  headers: TEXT,
  body: 'Without a --token, only a browser on this machine can open this page.\n',
};
const FOREIGN: Answer = {
  status: 403,
  headers: TEXT,
  body: 'Another site asks for this page. Type or paste its address instead.\n',
};
const NO_TOKEN: Answer = {
  status: 401,
  headers: { ...TEXT, 'www-authenticate': 'Bearer' },
  body: 'This page needs the token: open /live?token=… once.\n',
};

export interface AccessOptions {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** @see CommandOptions.token */
  readonly token: string | undefined;
  readonly report: (error: Error) => void;
}

/**
 * Who may see the page. With a token, who has it; without, who sits at this machine. In both cases, the host must be
 * allowed, so that no other page can read it by DNS rebinding.
 */
export class LiveAccess {
  readonly #guard: Guard;
  readonly #token: Buffer | undefined;
  /** Stands for the token in the browser, and ends with this process. Pages of other ports of this host get it as well. */
  readonly #pass = randomBytes(32).toString('base64url');

  constructor({ allowedHosts, allowedOrigins, token, report }: AccessOptions) {
    const names = token === undefined ? { allowedHosts: [], allowedOrigins: [] } : { allowedHosts, allowedOrigins };
    this.#guard = new Guard({ ...names, token: undefined, cors: false }, report);
    this.#token = token === undefined ? undefined : digest(token);
  }

  /** Answers a request that may not see the page, or that brings the token in the URL. */
  check(request: IncomingMessage): Answer | undefined {
    const incoming = incomingOf(request);
    const refusal = this.#guard.check(incoming);
    if (refusal !== undefined) return refusal;
    const { url = '', headers, socket } = request;
    // With a token, links of other sites may lead to the page itself.
    const isGuarded = this.#token === undefined || url.startsWith('/live/');
    if (isGuarded && isForeign(headers['sec-fetch-site'])) return FOREIGN;
    if (this.#token === undefined)
      return Object.keys(headers).some(isForwarding) || !isLocal(request) ? NOT_LOCAL : undefined;
    const name = `mcp-backchannel-live-${socket.localPort}`;
    const given = new URLSearchParams(url.split('?')[1] ?? '').get('token');
    if (given !== null && this.#isToken(given)) return this.#welcome(name);
    const [, bearer] = /^Bearer +(.*)$/i.exec(headers.authorization ?? '') ?? [];
    if (bearer !== undefined && this.#isToken(bearer)) return undefined;
    return this.#isPass(cookieOf(headers.cookie, name)) ? undefined : NO_TOKEN;
  }

  /** The token does not stay in the address, from which it could be copied. */
  #welcome(name: string): Answer {
    const cookie = `${name}=${this.#pass}; Path=/live; HttpOnly; SameSite=Strict`;
    const headers = { 'content-type': 'text/html; charset=utf-8', 'set-cookie': cookie };
    return { status: 200, headers, body: WELCOME };
  }

  #isToken(token: string): boolean {
    return this.#token !== undefined && timingSafeEqual(digest(token), this.#token);
  }

  #isPass(pass: string | undefined): boolean {
    return pass !== undefined && timingSafeEqual(digest(pass), digest(this.#pass));
  }
}

function isForwarding(header: string): boolean {
  return FORWARDED.has(header) || header.startsWith('x-forwarded-');
}

/** Clients that are no browsers, and old browsers, do not say which site asks. */
function isForeign(site: string | string[] | undefined): boolean {
  return site !== undefined && !OWN_SITES.has(String(site));
}

function isLocal({ socket: { remoteAddress = '' } }: IncomingMessage): boolean {
  return isLoopback(remoteAddress.replace(/^::ffff:/, ''));
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  const pairs = (cookies ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
