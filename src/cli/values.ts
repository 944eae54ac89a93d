/**
 * Functions that read the value of an option. Each takes the text, and the name of the option for its error. The error
 * shows the refused text, unless that may be a credential.
 */
import { statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { durationMs } from '../durations.js';
import { hostPattern, isOrigin } from '../proxy/host-pattern.js';
import { http } from './node-http.js';
import { refused } from './usage-error.js';

/** Headers that belong to one connection, or to the session of one side. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  ...[
    'accept',
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'expect',
    'host',
    'keep-alive',
  ],
  ...['proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['last-event-id', 'mcp-session-id', 'mcp-protocol-version'],
]);

export function duration(value: string, flag: string): number {
  const ms = durationMs(value);
  if (ms === undefined) throw refused(flag, "a duration, such as '500ms', '5s' or '2m', of at most 24 days", value);
  return ms;
}

/** A shorter lease runs out while a busy node looks away. */
const SHORTEST_LEASE_MS = 100;

export function lease(value: string, flag: string): number {
  const ms = duration(value, flag);
  if (ms < SHORTEST_LEASE_MS) throw refused(flag, `a duration of ${SHORTEST_LEASE_MS}ms or more`, value);
  return ms;
}

export function port(value: string, flag: string): number {
  return wholeNumber(value, flag, 0, 65_535);
}

export function atLeastOne(value: string, flag: string): number {
  return wholeNumber(value, flag, 1, Number.MAX_SAFE_INTEGER);
}

export function zeroOrMore(value: string, flag: string): number {
  return wholeNumber(value, flag, 0, Number.MAX_SAFE_INTEGER);
}

export function notEmpty(value: string, flag: string): string {
  if (value.trim() === '') throw refused(flag, 'more than nothing');
  return value;
}

/** The value of a `Host` header, or a pattern for it. It has no scheme or path, and is not a list. */
export function hostName(value: string, flag: string): string {
  if (hostPattern(value) === undefined)
    throw refused(flag, "a host, such as 'example.com', 'example.com:3000', '*.example.com' or '*'", value);
  return value;
}

export function origin(value: string, flag: string): string {
  if (!isOrigin(value)) throw refused(flag, "an origin, such as 'https://example.com'", value);
  return value;
}

export function urlPath(value: string, flag: string): string {
  if (!/^\/[^\s?#]*$/.test(value)) throw refused(flag, "a path that begins with '/'", value);
  if (/^\/(healthz\/?|metrics\/?|\.well-known(\/.*)?)$/.test(value))
    throw refused(flag, 'another path: this one is taken', value);
  return value;
}

/** The error does not show the URL, because its query may hold a key. */
export function httpUrl(value: string, flag: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw refused(flag, 'an http or https URL');
  if (url.username !== '' || url.password !== '')
    throw refused(flag, "a URL without a password; use --header 'Authorization: …'");
  return url;
}

/** Returned as given, because an authorization server may compare it letter by letter. */
export function publicUrl(value: string, flag: string): string {
  const url = httpUrl(value, flag);
  if (url.hash !== '') throw refused(flag, 'a URL without a fragment', value);
  return value;
}

export function header(value: string, flag: string): readonly [string, string] {
  const colon = value.indexOf(':');
  const pair = [value.slice(0, colon).trim(), value.slice(colon + 1).trim()] as const;
  if (colon < 1 || !isHeader(...pair)) throw refused(flag, "a header, such as 'Authorization: Bearer …'");
  return pair;
}

export function headerName(value: string, flag: string): string {
  const name = value.toLowerCase();
  if (!isHeader(name, '')) throw refused(flag, 'the name of a header', value);
  if (NOT_PASSED_ON.has(name)) throw refused(flag, 'a header that can be passed on', value);
  return name;
}

export function variable(value: string, flag: string): readonly [string, string] {
  const equals = value.indexOf('=');
  if (equals < 1) throw refused(flag, "a variable, such as 'KEY=value'");
  return [value.slice(0, equals), value.slice(equals + 1)];
}

export function directory(value: string, flag: string): string {
  if (statSync(value, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw refused(flag, 'a directory that exists', value);
  return value;
}

/** A token that can follow `Bearer`, by RFC 6750. */
export function bearerToken(value: string, flag: string): string {
  if (!/^[\w.~+/-]+=*$/.test(value)) throw refused(flag, 'a token of letters, digits and -._~+/');
  return value;
}

/** Returned as given: it is read where it is used. The error does not show it, because it may hold a password. */
export function redisUrl(value: string, flag: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw refused(flag, "the URL of a Redis, such as 'redis://10.0.0.1:6379', or rediss:// for TLS");
  return value;
}

/** A shorter one can be guessed by whoever sees what it has sealed. */
const SHORTEST_CLUSTER_SECRET = 16;

export function clusterSecret(value: string, flag: string): string {
  if (value.length < SHORTEST_CLUSTER_SECRET)
    throw refused(flag, `${SHORTEST_CLUSTER_SECRET} characters or more; make one with: openssl rand -base64 32`);
  return value;
}

/** Where other nodes reach this one. */
export interface InnerAddress {
  readonly scheme: 'http' | 'https';
  /** As in a URL: an IPv6 address has brackets. */
  readonly host: string;
  /** `undefined`: that of the inner listener; with https, 443. */
  readonly port: number | undefined;
}

export function innerAddress(value: string, flag: string): InnerAddress {
  const [, scheme = 'http', host = ''] = /^(?:(https?):\/\/)?(.*?)\/?$/is.exec(value) ?? [];
  const text = `${scheme}://${isIPv6(host) ? `[${host}]` : host}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A URL leaves out the port that its scheme implies.
  const [, digits] = /:(\d+)$/.exec(text) ?? [];
  const isEvery = url?.hostname === '0.0.0.0' || url?.hostname === '[::]';
  if (url?.href !== `${url?.origin}/` || digits === '0' || isEvery)
    throw refused(flag, "a host or URL, such as '10.0.0.1', '10.0.0.1:3001' or 'https://node-1.internal'");
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    port: digits === undefined ? undefined : Number(digits),
  };
}

function wholeNumber(value: string, flag: string, least: number, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    const upTo = most === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${most}`;
    throw refused(flag, `a whole number, ${least} ${upTo}`, value);
  }
  return number;
}

function isHeader(name: string, value: string): boolean {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
