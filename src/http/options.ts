import type { EventStore } from '../event-store.js';
import type { BackchannelOptions } from '../options.js';
import type { Refusal } from './refusals.js';
import { BackchannelError } from '../errors.js';

/** Options of {@link StreamableHTTPServerTransport}: those of the SDK's transport, and two more. All are optional. */
export interface StreamableHTTPServerTransportOptions {
  /**
   * Makes the id of the session. The id must not be guessable.
   *
   * @default none: the transport is stateless, and serves one HTTP request
   */
  readonly sessionIdGenerator?: (() => string) | undefined;
  /** Called with the id of a new session, before `initialize` is handed over. A promise is awaited. */
  readonly onsessioninitialized?: ((sessionId: string) => void | Promise<void>) | undefined;
  /** Called when the client ends its session with DELETE, before the transport closes. A promise is awaited. */
  readonly onsessionclosed?: ((sessionId: string) => void | Promise<void>) | undefined;
  /**
   * Answers requests in JSON. Only the response itself can then be written for a request, so that every other message
   * needs the standalone stream.
   *
   * @default false
   */
  readonly enableJsonResponse?: boolean | undefined;
  /** Makes streams resumable. */
  readonly eventStore?: EventStore | undefined;
  /** How long a client that lost its stream should wait before it comes back, in milliseconds. Needs an event store. */
  readonly retryInterval?: number | undefined;
  /**
   * How often a comment is written on an idle stream, in milliseconds, so that nothing between server and client closes
   * it. Less than 1 means never.
   *
   * @default 15000
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * The largest body that is read, in bytes. A larger one gets 413. A parsed body is taken as it is.
   *
   * @default 4194304
   */
  readonly maxRequestBodySize?: number | undefined;
  /** The `Host` headers that are served, if `enableDnsRebindingProtection` is set. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The `Origin` headers that are served, if `enableDnsRebindingProtection` is set. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** The protocol versions that are served. @default those that the package knows */
  readonly supportedProtocolVersions?: readonly string[] | undefined;
  /** @default false */
  readonly enableDnsRebindingProtection?: boolean | undefined;
  /**
   * How many bytes may wait for a client that does not read. With more, the stream that is written to is closed, and the
   * sender of the message gets `SLOW_CLIENT`. A single message may be larger.
   *
   * @default 8388608
   */
  readonly maxBufferedBytes?: number | undefined;
  /** Options of the back-channel, see {@link BackchannelOptions}. */
  readonly backchannel?: BackchannelOptions | undefined;
}

const DEFAULT_KEEP_ALIVE_MS = 15_000;
const DEFAULT_MAX_BODY_BYTES = 4_194_304;
const DEFAULT_MAX_BUFFERED_BYTES = 8_388_608;

/** Options with their defaults filled in. */
export interface HttpSettings extends Omit<StreamableHTTPServerTransportOptions, 'backchannel'> {
  /** How a body that is too large is refused, if not as the SDK does. */
  readonly tooLarge?: ((maxBytes: number) => Refusal) | undefined;
  readonly enableJsonResponse: boolean;
  readonly keepAliveMs: number;
  readonly maxRequestBodySize: number;
  readonly maxBufferedBytes: number;
}

/**
 * Fills in the defaults.
 *
 * @throws RangeError `maxRequestBodySize` is no positive number, as the SDK says it
 * @throws BackchannelError `INVALID_OPTION`: `maxBufferedBytes` is no positive number
 */
export function httpSettingsFrom(options: StreamableHTTPServerTransportOptions): HttpSettings {
  const {
    enableJsonResponse = false,
    keepAliveMs = DEFAULT_KEEP_ALIVE_MS,
    maxRequestBodySize = DEFAULT_MAX_BODY_BYTES,
    maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES,
  } = options;
  if (!isPositive(maxRequestBodySize))
    throw new RangeError(`maxRequestBodySize must be a positive number of bytes, got ${String(maxRequestBodySize)}`);
  if (!isPositive(maxBufferedBytes)) {
    const text = `option maxBufferedBytes must be a positive number of bytes, not ${String(maxBufferedBytes)}`;
    throw new BackchannelError('INVALID_OPTION', text);
  }
  return { ...options, enableJsonResponse, keepAliveMs, maxRequestBodySize, maxBufferedBytes };
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
