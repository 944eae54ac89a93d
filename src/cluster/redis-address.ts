import { isIP } from 'node:net';
import { BackchannelError } from '../errors.js';

const DEFAULT_PORT = 6379;

/** What the URL of a Redis says. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly isTls: boolean;
  /** The name to ask for in TLS. An address is not one. */
  readonly servername?: string;
}

/**
 * Reads `redis://user:password@host:port/db`, or `rediss://` for TLS.
 *
 * @throws BackchannelError `INVALID_OPTION`, which does not repeat the URL: it may hold a password
 */
export function redisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw invalid('the URL of the cluster must begin with redis:// or rediss://, and name a host');
  if (url.search !== '' || url.hash !== '') throw invalid('the URL of the cluster must have no query and no fragment');
  const [, db] = /^\/?(\d*)$/.exec(url.pathname) ?? [];
  if (db === undefined) throw invalid('the path of the URL of the cluster must be the number of a database');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isTls = url.protocol === 'rediss:';
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    ...(url.username !== '' && { username: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(db !== '' && { db: Number(db) }),
    isTls,
    ...(isTls && isIP(host) === 0 && { servername: host }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the user and the password in the URL of the cluster must be percent-encoded');
  }
}

function invalid(message: string): BackchannelError {
  return new BackchannelError('INVALID_OPTION', message);
}
