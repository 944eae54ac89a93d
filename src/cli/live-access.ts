import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from './own-address.js';
import { digest } from '../proxy/credential.js';
import { Guard } from '../proxy/guard.js';
import { incomingOf } from '../proxy/node-listener.js';
import type { Answer } from '../proxy/own-answers.js';

/** A proxy on this machine adds one of these, so the request comes from who knows where. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

const NOT_LOCAL: Answer = {
  status: 403,
  headers: TEXT,
  body: 'Without a --token, only a browser on this machine can open this page.\n',
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
    if (this.#token === undefined) {
      const isForwarded = FORWARDED.some((name) => incoming.headers.has(name));
      return isForwarded || !isLocal(request) ? NOT_LOCAL : undefined;
    }
    const { url = '', headers, socket } = request;
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
    return { status: 303, headers: { ...TEXT, location: '/live', 'set-cookie': cookie }, body: null };
  }

  #isToken(token: string): boolean {
    return this.#token !== undefined && timingSafeEqual(digest(token), this.#token);
  }

  #isPass(pass: string | undefined): boolean {
    return pass !== undefined && timingSafeEqual(digest(pass), digest(this.#pass));
  }
}

function isLocal({ socket: { remoteAddress = '' } }: IncomingMessage): boolean {
  return isLoopback(remoteAddress.replace(/^::ffff:/, ''));
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  const pairs = (cookies ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
