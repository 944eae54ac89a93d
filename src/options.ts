import { MAX_TIMEOUT_MS } from './clock.js';
import { BackchannelError } from './errors.js';
import type { JsonRpcMessage, Scope } from './routing/message.js';

/** Options of `withBackchannel()`. All are optional; the defaults suit a proxy in production. */
export interface BackchannelOptions {
  /**
   * What to do when several requests are in flight and a server-initiated message could belong to any of them.
   * `'last-inbound'` sends it on the stream of the newest request: within one session, any live stream delivers.
   * `'reject'` refuses it with `AMBIGUOUS`, for those who need certainty.
   *
   * @default 'last-inbound'
   */
  readonly ambiguous?: 'last-inbound' | 'reject' | undefined;

  /**
   * How concurrent requests are told apart. `'context'` follows the async context from a request to
   * the messages it causes. `'last-inbound'` does not use that evidence.
   *
   * @default 'context'
   */
  readonly attribution?: 'context' | 'last-inbound' | undefined;

  /**
   * How long a message waits for a stream when the client has none open, in milliseconds. After that, `send()` of a
   * request rejects with `PARK_TIMEOUT`, and a notification is reported. Five seconds let a client reconnect, and are
   * shorter than people are willing to wait. `0` refuses at once.
   *
   * @default 5000
   */
  readonly parkTimeoutMs?: number | undefined;

  /**
   * How many messages may wait for a stream. One more is refused with `PARK_FULL`, so that a session that
   * nobody listens to cannot fill the memory.
   *
   * @default 256
   */
  readonly maxParked?: number | undefined;

  /**
   * How many bytes the messages that wait for a stream may have together, as JSON text; a character counts as one byte.
   * When they have as many, one more is refused with `PARK_FULL`. So the first may be of any size.
   * Four MiB hold a few pictures, and a thousand abandoned sessions still fit into memory.
   *
   * @default 4194304
   */
  readonly maxParkedBytes?: number | undefined;

  /**
   * How long the client may hold no connection and send nothing, in milliseconds, before a server request that it
   * received is answered with an error. It is also how long the client may take to resume a stream on which a server
   * request was stored for it. `0` means no limit.
   *
   * @default 30000
   */
  readonly orphanTimeoutMs?: number | undefined;

  /**
   * What happens to session-wide messages (`*\/list_changed`, `resources/updated`) if the client opens no standalone
   * stream within `parkTimeoutMs`. `'prefer-standalone'` sends them on the next live request stream, because a client
   * that never opens a standalone stream would otherwise keep an outdated list.
   * `'standalone-only'` reports them.
   *
   * @default 'prefer-standalone'
   */
  readonly sessionWide?: 'prefer-standalone' | 'standalone-only' | undefined;

  /**
   * How the transport answers requests: with an event stream, or in JSON mode, where only the response itself can be
   * written. Set it for your own transport if its first response cannot be watched, or comes after the first
   * server-initiated message.
   *
   * @default what an SDK transport was told, or the content type of the answers
   */
  readonly responseMode?: 'sse' | 'json' | undefined;

  /**
   * Names the session of a message, for a transport that carries several. Called with each inbound
   * message and its `extra`, and with each outbound message and its send options; `undefined` means
   * "unknown": such an inbound message is not tracked, and such an outbound message is attributed only by its async
   * context, or leaves unchanged.
   *
   * @default one session: an SDK transport carries no more
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each transport has its own `extra`
  readonly sessionOf?: ((message: JsonRpcMessage, extra: any) => string | undefined) | undefined;

  /**
   * Re-classifies methods: `'request'` for messages that belong to the request that caused them, `'session'` for
   * messages that belong on the standalone stream, `'either'` for messages that may go on any stream. `undefined` keeps
   * the built-in classification: `*\/list_changed` and `notifications/resources/updated` are
   * `'session'`, `ping` is `'either'`, all else `'request'`.
   */
  readonly scopeOf?: ((method: string) => Scope | undefined) | undefined;
}

/** Options with their defaults filled in. */
export interface Settings {
  readonly ambiguous: 'last-inbound' | 'reject';
  readonly attribution: 'context' | 'last-inbound';
  readonly parkTimeoutMs: number;
  readonly maxParked: number;
  readonly maxParkedBytes: number;
  readonly orphanTimeoutMs: number;
  readonly sessionWide: 'prefer-standalone' | 'standalone-only';
  readonly responseMode: 'sse' | 'json' | undefined;
  readonly sessionOf: ((message: JsonRpcMessage, extra: unknown) => string | undefined) | undefined;
  readonly scopeOf: ((method: string) => Scope | undefined) | undefined;
}

const DEFAULTS: Settings = {
  ambiguous: 'last-inbound',
  attribution: 'context',
  parkTimeoutMs: 5_000,
  maxParked: 256,
  maxParkedBytes: 4 * 2 ** 20,
  orphanTimeoutMs: 30_000,
  sessionWide: 'prefer-standalone',
  responseMode: undefined,
  sessionOf: undefined,
  scopeOf: undefined,
};

/** Says what a value should be, if it is not. */
export type Check = (value: unknown) => string | undefined;

const CHECKS: Readonly<Record<keyof Settings, Check>> = {
  ambiguous: oneOf('last-inbound', 'reject'),
  attribution: oneOf('context', 'last-inbound'),
  parkTimeoutMs: milliseconds,
  maxParked: count,
  maxParkedBytes: count,
  orphanTimeoutMs: milliseconds,
  sessionWide: oneOf('prefer-standalone', 'standalone-only'),
  responseMode: oneOf('sse', 'json'),
  sessionOf: aFunction,
  scopeOf: aFunction,
};

/**
 * Fills in the defaults.
 *
 * @throws BackchannelError `INVALID_OPTION`, naming the option and its value
 */
export function settingsFrom(options: BackchannelOptions | undefined): Settings {
  return options === undefined ? DEFAULTS : { ...DEFAULTS, ...checked(options, CHECKS) };
}

/** @throws BackchannelError `INVALID_OPTION` if it is no object */
export function mustBeObject(options: unknown): asserts options is object {
  if (typeof options === 'object' && options !== null) return;
  throw new BackchannelError('INVALID_OPTION', `options must be an object, not ${show(options)}`);
}

/**
 * The options that were given, each of them checked.
 *
 * @param secret the option whose value no error may show
 * @throws BackchannelError `INVALID_OPTION`, naming the option and its value
 */
export function checked(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  secret?: string,
): Readonly<Record<string, unknown>> {
  mustBeObject(options);
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).join(', ');
      throw new BackchannelError('INVALID_OPTION', `unknown option ${show(name)}; the options are ${known}`);
    }
    if (value === undefined) continue;
    const expected = check(value);
    if (expected !== undefined) {
      const instead = name === secret ? '' : `, not ${show(value)}`;
      throw new BackchannelError('INVALID_OPTION', `option ${name} must be ${expected}${instead}`);
    }
    given[name] = value;
  }
  return given;
}

function oneOf(...values: readonly string[]): Check {
  return (value) =>
    values.some((allowed) => allowed === value) ? undefined : values.map((allowed) => `'${allowed}'`).join(' or ');
}

export function milliseconds(value: unknown): string | undefined {
  const valid = typeof value === 'number' && value >= 0 && value <= MAX_TIMEOUT_MS;
  return valid ? undefined : `a number of milliseconds from 0 to ${MAX_TIMEOUT_MS}`;
}

export function count(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'a whole number, 0 or more';
}

export function aFunction(value: unknown): string | undefined {
  return typeof value === 'function' ? undefined : 'a function';
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
