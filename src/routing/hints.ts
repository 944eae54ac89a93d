import type { InFlight } from './ledger.js';
import type { RequestId, Scope } from './message.js';

/** What is known of a message in addition to its content. */
export interface Hints {
  /** `relatedRequestId` as the caller gave it. */
  readonly explicit: RequestId | undefined;
  /** The request that the backend names as the origin of this very message. */
  readonly provenance: InFlight | undefined;
  /** The request in whose async context the message was sent. */
  readonly context: InFlight | undefined;
  /** Where messages of its method belong. */
  readonly scope: Scope;
  /** What `last-inbound` does when several requests are in flight. */
  readonly ambiguous: 'last-inbound' | 'reject';
  /** It has waited long enough for its own kind of stream, and may go on another one. */
  readonly overdue: boolean;
}

/** What is known of the streams that the client holds open. */
export interface KnownStreams {
  /**
   * - `'open'`, `'closed'`: the client holds the standalone stream, or does not
   * - `'assumed'`: the transport has one stream, which carries everything
   * - `'unknown'`: there are several streams, and nobody watches them
   */
  readonly standalone: 'open' | 'closed' | 'assumed' | 'unknown';
  /** `'closed'`: requests are answered in JSON, so that only its own response can be written for each. */
  readonly requests: 'open' | 'closed';
}
