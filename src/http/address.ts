/** The URL of a request. Few need it, and making it costs as much as the rest of a small request. */
import type { IncomingMessage } from 'node:http';

/** The host that was found to be one the last time. Most requests name the same. */
let knownHost: string | undefined;

/**
 * Whether host and target make a URL that means what they say. As the SDK's server does, a request without gets 400: its
 * host has a path or a user in it, or its path has a backslash, which `URL` reads as a slash.
 */
export function hasUrl(request: IncomingMessage): boolean {
  const { url = '/' } = request;
  if (url.includes('\\') && url.split('?', 1)[0]?.includes('\\') === true) return false;
  if (isAbsolute(url)) return request.httpVersionMajor < 2 && URL.canParse(url);
  return url.startsWith('/') && isHost(hostOf(request));
}

export function urlOf(request: IncomingMessage): URL {
  const { socket, url = '/' } = request;
  if (isAbsolute(url)) return new URL(url);
  // Not relative to a base: a target that begins with two slashes would name another host.
  return new URL(`${'encrypted' in socket ? 'https' : 'http'}://${hostOf(request)}${url}`);
}

function isHost(host: string): boolean {
  if (host === knownHost) return true;
  const text = `http://${host}/`;
  if (host === '' || !URL.canParse(text)) return false;
  const { hostname } = new URL(text);
  // As the SDK compares them.
  const isWhole = hostname.length === host.length || hostname === host.replace(/:\d+$/, '').toLowerCase();
  if (isWhole) knownHost = host;
  return isWhole;
}

function isAbsolute(url: string): boolean {
  return url.startsWith('http://') || url.startsWith('https://');
}

function hostOf({ headers }: IncomingMessage): string {
  return String(headers[':authority'] ?? headers.host ?? '');
}
