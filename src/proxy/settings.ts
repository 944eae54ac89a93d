import type { Adoptions } from '../cluster/adoptable.js';
import type { Cluster } from '../cluster/cluster.js';
import { BackchannelError } from '../errors.js';
import {
  aFunction,
  checked,
  count,
  milliseconds,
  mustBeObject,
  settingsFrom,
  type BackchannelOptions,
  type Check,
} from '../options.js';
import type { ModernSessions } from '../modern/pool.js';
import { hostPattern, isOrigin } from './host-pattern.js';
import type { Carrier } from '../proxy-carrier.js';
import type { StatefulProxyOptions } from './options.js';

/** Options with their defaults filled in. */
export interface ProxySettings extends StatefulProxyOptions {
  /** With a cluster: sessions whose node is gone. */
  readonly adoptions?: Adoptions | undefined;
  readonly maxSessions: number;
  readonly maxInFlight: number;
  readonly idleTimeoutMs: number;
  readonly serialize: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly credentialHeaders: readonly string[];
  readonly rebind: boolean;
  readonly cors: boolean;
  readonly enableJsonResponse: boolean;
  readonly maxBodyBytes: number;
  readonly maxBufferedBytes: number;
  readonly backchannel: BackchannelOptions;
  readonly modern: boolean;
  readonly modernSessions: ModernSessions;
}

const DEFAULTS = {
  maxSessions: 1_000,
  maxInFlight: 1_000,
  idleTimeoutMs: 1_800_000,
  serialize: false,
  allowedHosts: [],
  allowedOrigins: [],
  credentialHeaders: [],
  rebind: false,
  cors: false,
  enableJsonResponse: false,
  maxBodyBytes: 4_194_304,
  maxBufferedBytes: 8_388_608,
  backchannel: {},
  modern: true,
  modernSessions: 'lease',
} as const;

const CHECKS: Readonly<Record<keyof StatefulProxyOptions, Check>> = {
  upstream: aFunction,
  maxSessions: positive,
  maxInFlight: positive,
  idleTimeoutMs: milliseconds,
  serialize: aBoolean,
  allowedHosts: hosts,
  allowedOrigins: origins,
  token: aToken,
  credentialHeaders: strings,
  passHeaders: strings,
  varyHeaders: strings,
  rebind: aBoolean,
  relayRefusal: aFunction,
  cors: aBoolean,
  enableJsonResponse: aBoolean,
  eventStore: aFunction,
  maxBodyBytes: positive,
  maxBufferedBytes: positive,
  // settingsFrom() checks it and names the wrong option.
  backchannel: () => undefined,
  modern: aBoolean,
  modernSessions: howSessionsAreUsed,
  modernBackend: aFunction,
  carrier: aCarrier,
  cluster: aCluster,
  onerror: aFunction,
};

/**
 * Fills in the defaults.
 *
 * @throws BackchannelError `INVALID_OPTION`, naming the option and its value; never the token's
 */
export function proxySettingsFrom(options: StatefulProxyOptions): ProxySettings {
  mustBeObject(options);
  if ((options.upstream as unknown) === undefined) {
    throw new BackchannelError('INVALID_OPTION', 'option upstream is missing: it makes a transport to the backend');
  }
  const given: ProxySettings = { ...DEFAULTS, upstream: options.upstream, ...checked(options, CHECKS, 'token') };
  const settings = given.cluster === undefined ? given : { ...given, adoptions: given.cluster.adoptions };
  settingsFrom(settings.backchannel);
  // With one call at a time, the async context names the owner for certain.
  return settings.serialize
    ? { ...settings, backchannel: { ...settings.backchannel, attribution: 'context' } }
    : settings;
}

function positive(value: unknown): string | undefined {
  return count(value) === undefined && value !== 0 ? undefined : 'a whole number, 1 or more';
}

function aBoolean(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'true or false';
}

function howSessionsAreUsed(value: unknown): string | undefined {
  return value === 'shared' || value === 'lease' || value === 'call' ? undefined : "'shared', 'lease' or 'call'";
}

function strings(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'an array of strings';
}

function aCluster(value: unknown): string | undefined {
  const { pass, whereIs } = Object(value) as Partial<Record<keyof Cluster, unknown>>;
  const isCluster = typeof pass === 'function' && typeof whereIs === 'function';
  return isCluster ? undefined : "a cluster, made by createCluster() of 'mcp-backchannel/cluster'";
}

function aCarrier(value: unknown): string | undefined {
  const { toBackend, toClient } = Object(value) as Partial<Record<keyof Carrier, unknown>>;
  const isCarrier = typeof toBackend === 'function' && typeof toClient === 'function';
  return isCarrier ? undefined : 'an object with toBackend() and toClient()';
}

// A pattern that can never match is a mistake, and would give a false idea of which hosts are allowed.
function hosts(value: unknown): string | undefined {
  const areHosts = Array.isArray(value) && value.every((item) => typeof item === 'string' && hostPattern(item));
  return areHosts ? undefined : "hosts, such as 'example.com', 'example.com:3000', '*.example.com' or '*'";
}

function origins(value: unknown): string | undefined {
  const areOrigins = Array.isArray(value) && value.every((item) => typeof item === 'string' && isOrigin(item));
  return areOrigins ? undefined : "origins, such as 'https://example.com'";
}

// An empty token would let in everybody who sends an empty token.
function aToken(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'a string that is not empty';
}
