import { MODERN_VERSION } from '../modern-era.js';
import type { Network } from './attributes.js';
import type { Redact, Show } from './shown-text.js';

export interface SessionSpansOptions {
  /**
   * Which ends of the messages are ours. A proxy has both. Somebody else's transport has one of them: the one that faces
   * the client is called and asks, the one that faces the backend calls and is asked.
   */
  readonly faces: 'both' | 'client' | 'backend';
  readonly client: Network;
  readonly backend: Network;
  /** A call is forwarded when the carrier says so. Otherwise it counts as forwarded when it comes. */
  readonly isCarried: () => boolean;
  /** @default texts are exported as they are */
  readonly redact?: Redact | undefined;
}

/** One end of a session: how its peer is reached, and what was agreed on with it. */
interface End {
  readonly network: Network;
  readonly session: string | undefined;
  readonly version: string | undefined;
}

/** Where the messages of a session travel, and how their texts are shown. */
export interface Place {
  readonly client: End;
  readonly backend: End;
  readonly show: Show;
}

/** What is known of a session by now. */
interface Known {
  readonly session: string | undefined;
  readonly version: string | undefined;
  readonly isOfModern: boolean;
  readonly show: Show;
}

export function placeOf(
  { client, backend }: SessionSpansOptions,
  { isOfModern, show, session, version }: Known,
): Place {
  const agreed = { session, version };
  // Such a client has no session, and has not agreed on anything.
  const ofClient = isOfModern ? { session: undefined, version: MODERN_VERSION } : agreed;
  return { client: { network: client, ...ofClient }, backend: { network: backend, ...agreed }, show };
}
