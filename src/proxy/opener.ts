import type { Credential } from './credential.js';

/** Who opened a session. */
export interface Opener {
  readonly headers: Headers;
  readonly credential: Credential;
  /** The first request may be a probe. Its refusal is expected and is not reported. @default false */
  readonly isProbing?: boolean;
}
