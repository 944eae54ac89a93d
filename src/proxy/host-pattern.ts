/** Which hosts clients may address, as patterns. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

/** A host that clients may address. */
export interface HostPattern {
  /** In lower case, as browsers write it; `*` is any, `*.a.test` any name below that one. */
  readonly name: string;
  /** None: any. */
  readonly port: number | undefined;
}

/** What a `Host` header names. */
interface Address {
  readonly name: string;
  readonly port: number | undefined;
}

const MAX_PORT = 65_535;

/** Schemes whose port a `Host` header leaves out: which of them a client speaks is not known here. */
const DEFAULT_PORTS: ReadonlySet<number | undefined> = new Set([80, 443]);

/** Reads `name`, `*.name` or `*`, each with or without `:port` or `:*`. @returns nothing: it could never be true */
export function hostPattern(text: string): HostPattern | undefined {
  const whole = isIPv6(text) ? `[${text}]` : text.toLowerCase();
  const [, written, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+|\*))?$/.exec(whole) ?? [];
  if (written === undefined) return undefined;
  if (port !== undefined && port !== '*' && !(Number(port) >= 1 && Number(port) <= MAX_PORT)) return undefined;
  const name = patternName(written);
  return name === undefined ? undefined : { name, port: port === undefined || port === '*' ? undefined : Number(port) };
}

/** Whether it lets in every name: then pages can reach us under one of their own (DNS rebinding). */
export function isAnyHost(pattern: string): boolean {
  return hostPattern(pattern)?.name === '*';
}

/** @param host the value of a `Host` header */
export function addressOf(host: string | undefined): Address | undefined {
  const [, written = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host?.toLowerCase() ?? '') ?? [];
  // A browser has put the name of a host into this form; what else there is need not be an address that exists.
  const name = written.startsWith('[') ? canonicalName(written) : /^([\w-]+(?:\.[\w-]+)*)\.?$/.exec(written)?.[1];
  return name === undefined ? undefined : { name, port: port === undefined ? undefined : Number(port) };
}

export function matches({ name, port }: HostPattern, address: Address): boolean {
  const isPort = port === undefined || port === address.port;
  const isDefault = address.port === undefined && DEFAULT_PORTS.has(port);
  return (isPort || isDefault) && isName(name, address.name);
}

function isName(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function patternName(written: string): string | undefined {
  if (written === '*') return '*';
  if (!written.startsWith('*.')) return canonicalName(written);
  const below = canonicalName(written.slice(2));
  // Below an address there is nothing.
  return below === undefined || isIPv4(below) || below.startsWith('[') ? undefined : `*.${below}`;
}

/** As browsers write it: international names in ASCII, IPv6 in its shortest form, without the dot of the root. */
function canonicalName(written: string): string | undefined {
  if (written.startsWith('[')) return isIPv6(written.slice(1, -1)) ? hostnameOf(written) : undefined;
  const name = written.endsWith('.') ? written.slice(0, -1) : written;
  if (/[\s/,@?#%*\\[\]]/.test(name) || name.split('.').includes('')) return undefined;
  const hostname = hostnameOf(name);
  // What only means an address (`127.1`) is written so by nobody.
  return hostname !== undefined && isIPv4(hostname) && hostname !== name ? undefined : hostname;
}

function hostnameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** Whether this can be what an `Origin` header says. No pattern can, and of no two spellings the same one. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes('*')) return false;
  const { origin } = new URL(text);
  // Of a scheme of its own (`vscode-webview:`), a page says so with the host.
  const isOwnScheme = origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@,]+$/.test(text);
  return origin === text.toLowerCase() || isOwnScheme;
}
