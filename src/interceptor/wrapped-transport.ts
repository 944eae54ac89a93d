import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import type { Sessions } from '../routing/ledgers.js';
import type { Decision } from './departure.js';
import type { Report } from './report.js';

/** The wrapped transport, as the pipeline sees it. */
export interface Surroundings {
  readonly settings: Settings;
  /** What is in flight in this life of the transport. */
  readonly sessions: Sessions;
  /** What is known of the client's streams. */
  readonly streams: Streams;
  /** Tells this transport from others in the async context. */
  readonly identity: object;
  /** A request was written into the ledger, and is about to be handed over. */
  arrived(entry: InFlight): void;
  /** Hands an inbound message to the proxy. May throw what the proxy throws. */
  handOver(message: JsonRpcMessage, extra: unknown): void;
  /** The proxy's handler threw, so that nobody will answer this request. */
  failed(entry: InFlight): void;
  /** Sends, refuses or reports an outbound message, and settles its `send()`. */
  deliver(decision: Decision): void;
  readonly report: Report;
}
