import type { Credential } from './credential.js';
import type { UpstreamRequest } from './options.js';

/** Who opened a session. */
export interface Opener {
  readonly headers: Headers;
  readonly credential: Credential;
  /** The first request may be a probe. Its refusal is expected and is not reported. @default false */
  readonly isProbing?: boolean;
}

/**
 * Makes the headers when they are first read. A backend that is a command does not read them, and Node takes 20 to 50 ms
 * to load what the first `Headers` of a process needs.
 */
export function lateHeaders(make: () => Headers): () => Headers {
  let made: Headers | undefined;
  return () => (made ??= make());
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
