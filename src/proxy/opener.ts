import { MODERN_VERSION } from '../modern-era.js';
import type { RelayedAsk } from '../modern-relay.js';
import type { Credential } from './credential.js';
import type { Incoming } from './guard.js';
import type { UpstreamRequest } from './options.js';

/** Who opened a session. */
export interface Opener {
  readonly headers: Headers;
  readonly credential: Credential;
  /** The first request may be a probe. Its refusal is expected and is not reported. @default false */
  readonly isProbing?: boolean;
  /** The session is one for the calls of modern clients, which know nothing of it and cannot go on with it elsewhere. @default false */
  readonly isOfModern?: boolean;
}

/**
 * Headers that are made when they are first read. A backend that is a command does not read them, and Node takes 20 to 50 ms
 * to load what the first `Headers` of a process needs.
 */
export class LateHeaders {
  #made: Headers | undefined;

  readonly #make: () => Headers;

  constructor(make: () => Headers) {
    this.#make = make;
  }

  get headers(): Headers {
    return (this.#made ??= this.#make());
  }
}

export function upstreamRequest(
  opener: Opener,
  signal: AbortSignal,
  adopted: UpstreamRequest['adopted'],
): UpstreamRequest {
  return {
    get headers() {
      return opener.headers;
    },
    signal,
    ...(adopted && { adopted }),
  };
}

/** A message of a modern client that may be relayed. */
export class LateAsk extends LateHeaders implements RelayedAsk {
  constructor(
    incoming: Incoming,
    readonly isRetry: boolean,
  ) {
    super(() => incoming.allHeaders());
  }
}

/** Who sent this request. */
export class Sender extends LateHeaders implements Opener {
  readonly isProbing: boolean;

  constructor(
    incoming: Incoming,
    readonly credential: Credential,
    readonly isOfModern = false,
  ) {
    super(() => incoming.allHeaders());
    this.isProbing = !isOfModern && isProbe(incoming.headers);
  }
}

/**
 * Whether a request without a session may come from a newer client that tests whether it is understood: it names a
 * protocol revision without sessions. The transport refuses it, and the client falls back to `initialize`.
 */
function isProbe(headers: Incoming['headers']): boolean {
  const version = headers.get('mcp-protocol-version');
  return version !== null && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN_VERSION;
}
