/** Which HTTP proxies the environment names, and for which servers. */
import { BlockList, isIP } from 'node:net';

/** The lower-case variable takes precedence, as in `curl`. An empty one means no proxy. */
const NAMES = { httpProxy: ['http_proxy', 'HTTP_PROXY'], httpsProxy: ['https_proxy', 'HTTPS_PROXY'] } as const;

export interface Proxies {
  readonly httpProxy: string;
  /** If it is empty, `httpProxy` serves for TLS too. */
  readonly httpsProxy: string;
  /** Hosts that are reached without a proxy. */
  readonly noProxy: string;
}

/** @throws Error naming a variable that holds no proxy URL, but not its value, which may contain a password */
export function proxiesFor({ hostname }: Pick<URL, 'hostname'>, environment: NodeJS.ProcessEnv = process.env): Proxies {
  return {
    httpProxy: proxyIn(environment, NAMES.httpProxy),
    httpsProxy: proxyIn(environment, NAMES.httpsProxy),
    noProxy: exemptionsFrom(environment['no_proxy'] ?? environment['NO_PROXY'] ?? '', hostname),
  };
}

/** The passwords of the proxies, alone and with the user names, in every form in which they are sent. */
export function secretsOf({ httpProxy, httpsProxy }: Proxies): readonly string[] {
  return [httpProxy, httpsProxy]
    .filter((proxy) => proxy !== '')
    .flatMap((proxy) => {
      const { username, password } = new URL(proxy);
      const decoded = [username, password].map(decodeURIComponent);
      return [password, decoded[1] ?? '', `${username}:${password}`, btoa(decoded.join(':'))];
    });
}

function proxyIn(environment: NodeJS.ProcessEnv, names: readonly string[]): string {
  const name = names.find((one) => environment[one] !== undefined);
  const value = name === undefined ? '' : (environment[name]?.trim() ?? '');
  if (value === '') return '';
  // Many people leave the scheme out.
  const whole = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(whole) || !/^https?:/i.test(whole))
    throw new Error(`${name} must be the http or https URL of a proxy`);
  return whole;
}

/** Rewrites the list so that undici reads it as `curl` would. undici knows no address ranges, and `*` only alone. */
function exemptionsFrom(list: string, hostname: string): string {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.some((entry) => entry === '*' || isInRange(hostname, entry))) return '*';
  return entries.map((entry) => (isIP(entry) === 6 ? `[${entry}]` : entry)).join(',');
}

function isInRange(hostname: string, entry: string): boolean {
  const [net = '', bits = '', ...more] = entry.split('/');
  const address = hostname.replace(/^\[|\]$/g, '');
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const most = kind === 'ipv6' ? 128 : 32;
  if (isIP(net) === 0 || isIP(net) !== isIP(address) || more.length > 0) return false;
  if (!/^\d+$/.test(bits) || Number(bits) > most) return false;
  const range = new BlockList();
  range.addSubnet(net, Number(bits), kind);
  return range.check(address, kind);
}
