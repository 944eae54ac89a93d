import type { Credential } from './credential.js';

/** Who opened a session. */
export interface Opener {
  readonly headers: Headers;
  readonly credential: Credential;
  /** Its first request may be a probe, whose refusal is no news. @default false */
  readonly isProbing?: boolean;
}
