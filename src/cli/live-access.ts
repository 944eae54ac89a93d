import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from './own-address.js';
import { digest } from '../proxy/credential.js';
import { Guard } from '../proxy/guard.js';
import { incomingOf } from '../proxy/node-listener.js';
import type { Answer } from '../proxy/own-answers.js';

/** A reverse proxy on this machine may add one of these: the request comes from who knows where. */
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
 * allowed, so that no other page can read it by DNS rebinding. A reverse proxy on this machine is no browser on it.
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
    if (this.#token === undefined) {
      const sign = refusal === undefined ? signOfElsewhere(request) : 'is for another host, or from another page';
      if (sign !== undefined) return notLocal(sign, request);
    }
    if (refusal !== undefined) return refusal;
    const { url = '', headers, socket } = request;
    // With a token, links of other sites may lead to the page itself.
    const isGuarded = this.#token === undefined || url.startsWith('/live/');
    if (isGuarded && isForeign(headers['sec-fetch-site'])) return FOREIGN;
    if (this.#token === undefined) return undefined;
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

/**
 * How a request shows that it was not made by a browser on this machine. A reverse proxy need not name itself: nginx and
 * HAProxy do not, if nobody tells them to. But `Connection` is of a single connection, so they do not pass it on, and each
 * browser sends it. A proxy that makes requests of its own, as Node's do, may write it anew: only a token keeps those out.
 */
function signOfElsewhere(request: IncomingMessage): string | undefined {
  const { headers } = request;
  const forwarding = Object.keys(headers).find(isForwarding);
  if (forwarding !== undefined) return `has come through a proxy, which added ${forwarding}`;
  if (!isLocal(request)) return 'is from another address';
  const isDirect = /(?:^|[ ,])keep-alive(?:$|[ ,])/i.test(headers.connection ?? '');
  return isDirect ? undefined : 'has come through a proxy, or from no browser: it lacks Connection: keep-alive';
}

function notLocal(sign: string, { socket: { localPort } }: IncomingMessage): Answer {
  const body =
    `Without a --token, only a browser on this machine can open this page. This request ${sign}.\n` +
    `From elsewhere: start mcp-backchannel --live with a --token, and open /live?token=... once. Or take a tunnel to this ` +
    `machine (ssh -L ${localPort}:127.0.0.1:${localPort} HOST), and open http://127.0.0.1:${localPort}/live.\n`;
  return { status: 403, headers: TEXT, body };
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
