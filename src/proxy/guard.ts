import { timingSafeEqual } from 'node:crypto';
import { visible } from '../visible.js';
import { WRONG_TOKEN, wrongHost, wrongOrigin, type Answer } from './own-answers.js';
import { digest } from './credential.js';
import { OncePerPeriod } from './once-per-period.js';
import { addressOf, hostPattern, matches, type HostPattern } from './host-pattern.js';
import type { ProxySettings } from './settings.js';

/** A client's HTTP request, from `node:http` or web-standard. */
export interface Incoming {
  readonly method: string;
  /** The host that it was addressed to, with the port. */
  readonly host: string | undefined;
  readonly headers: Pick<Headers, 'get' | 'has'>;
  /** The names of all headers, in lower case. */
  headerNames(): Iterable<string>;
  /** All headers. They are needed when a session is opened. */
  allHeaders(): Headers;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const METHODS = 'GET, POST, DELETE';

/** Each refused host or origin is reported once per period, up to a maximum number of them. */
const REPORT_PERIOD_MS = 60_000;
const MAX_REPORTS = 100;

/** Longer names are cut in reports, because the sender chooses them. */
const MAX_SHOWN = 100;

/** Response headers that a page may read, in addition to the CORS defaults. */
const EXPOSED = 'Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, DPoP-Nonce, Retry-After';

/**
 * Decides which requests are let in. With DNS rebinding, a web page can call any address, loopback included, under its
 * own host name. So the guard checks the host that a request is addressed to and the origin that it comes from.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export class Guard {
  readonly #hosts: readonly HostPattern[];
  readonly #origins: ReadonlySet<string>;
  readonly #authorization: Buffer | undefined;

  readonly #reports = new OncePerPeriod(REPORT_PERIOD_MS, MAX_REPORTS);

  constructor(
    private readonly settings: Pick<ProxySettings, 'allowedHosts' | 'allowedOrigins' | 'token' | 'cors'>,
    /** Called for refused hosts and origins, but not every time. */
    private readonly report: (error: Error) => void,
  ) {
    this.#hosts = settings.allowedHosts.flatMap((host) => hostPattern(host) ?? []);
    this.#origins = new Set(settings.allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#authorization = settings.token === undefined ? undefined : digest(settings.token);
  }

  /** Answers a preflight or a request that is refused. */
  check(incoming: Incoming): Answer | undefined {
    const { headers, host, method } = incoming;
    const origin = headers.get('origin');
    if (!this.#isHost(host)) return this.#refuse(wrongHost, host ?? '');
    if (!this.#isOrigin(origin)) return this.#refuse(wrongOrigin, origin ?? '');
    if (method === 'OPTIONS' && this.settings.cors && headers.has('origin')) return preflight(headers);
    return this.#isAuthorized(headers.get('authorization')) ? undefined : WRONG_TOKEN;
  }

  /** CORS headers that let a page read the answer. */
  corsHeaders({ headers }: Incoming): Readonly<Record<string, string>> {
    const origin = headers.get('origin');
    if (!this.settings.cors || origin === null || !this.#isOrigin(origin)) return {};
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    };
  }

  #refuse(answerTo: typeof wrongHost, named: string): Answer {
    const shown = JSON.stringify(visible(named.length > MAX_SHOWN ? `${named.slice(0, MAX_SHOWN)}…` : named));
    const { reason, answer } = answerTo(shown);
    if (this.#reports.isDue(reason)) this.report(new Error(reason));
    return answer;
  }

  #isHost(host: string | undefined): boolean {
    const address = addressOf(host);
    if (address === undefined) return false;
    return LOOPBACK.has(address.name) || this.#hosts.some((pattern) => matches(pattern, address));
  }

  /** A request without `Origin` is allowed: only browsers send one. */
  #isOrigin(origin: string | null): boolean {
    if (origin === null || this.#origins.has(origin.toLowerCase())) return true;
    if (!URL.canParse(origin)) return false;
    const { protocol, hostname } = new URL(origin);
    return (protocol === 'http:' || protocol === 'https:') && LOOPBACK.has(hostname);
  }

  #isAuthorized(authorization: string | null): boolean {
    if (this.#authorization === undefined) return true;
    const [, token] = /^Bearer +(.*)$/i.exec(authorization ?? '') ?? [];
    return token !== undefined && timingSafeEqual(digest(token), this.#authorization);
  }
}

function preflight(headers: Pick<Headers, 'get'>): Answer {
  const asked = headers.get('access-control-request-headers');
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(asked !== null && { 'access-control-allow-headers': asked }),
      'access-control-max-age': '600',
    },
    body: null,
  };
}
