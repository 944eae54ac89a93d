/** Patterns of the hosts that clients may address. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

/** A host that clients may address. */
export interface HostPattern {
  /** In lower case, as browsers write it. `*` means any name, `*.a.test` any name below `a.test`. */
  readonly name: string;
  /** `undefined` means any port. */
  readonly port: number | undefined;
}

/** The name and port in a `Host` header. */
interface Address {
  readonly name: string;
  readonly port: number | undefined;
}

const MAX_PORT = 65_535;

/** Ports that a `Host` header leaves out. The scheme is not known here, so either one may be meant. */
const DEFAULT_PORTS: ReadonlySet<number | undefined> = new Set([80, 443]);

/** Reads `name`, `*.name` or `*`, each with or without `:port` or `:*`. @returns `undefined` if it could never match */
export function hostPattern(text: string): HostPattern | undefined {
  const whole = isIPv6(text) ? `[${text}]` : text.toLowerCase();
  const [, written, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+|\*))?$/.exec(whole) ?? [];
  if (written === undefined) return undefined;
  if (port !== undefined && port !== '*' && !(Number(port) >= 1 && Number(port) <= MAX_PORT)) return undefined;
  const name = patternName(written);
  return name === undefined ? undefined : { name, port: port === undefined || port === '*' ? undefined : Number(port) };
}

/** Whether a pattern allows every name. Then web pages can reach the proxy under their own name (DNS rebinding). */
export function isAnyHost(pattern: string): boolean {
  return hostPattern(pattern)?.name === '*';
}

/** @param host the value of a `Host` header */
export function addressOf(host: string | undefined): Address | undefined {
  const [, written = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host?.toLowerCase() ?? '') ?? [];
  // Browsers send host names in this form. It need not be checked that the address exists.
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
  // An IP address has no names below it.
  return below === undefined || isIPv4(below) || below.startsWith('[') ? undefined : `*.${below}`;
}

/** The name as browsers write it: international names in ASCII, IPv6 in its shortest form, no trailing dot. */
function canonicalName(written: string): string | undefined {
  if (written.startsWith('[')) return isIPv6(written.slice(1, -1)) ? hostnameOf(written) : undefined;
  const name = written.endsWith('.') ? written.slice(0, -1) : written;
  if (/[\s/,@?#%*\\[\]]/.test(name) || name.split('.').includes('')) return undefined;
  const hostname = hostnameOf(name);
  // Nobody writes a short form of an IPv4 address, such as `127.1`, here.
  return hostname !== undefined && isIPv4(hostname) && hostname !== name ? undefined : hostname;
}

function hostnameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

/** Whether an `Origin` header can have this value. Patterns are not allowed, nor other spellings of an origin. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text) || text.includes('*')) return false;
  const { origin } = new URL(text);
  // A page with a custom scheme (`vscode-webview:`) sends the scheme and the host.
  const isOwnScheme = origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@,]+$/.test(text);
  return origin === text.toLowerCase() || isOwnScheme;
}
