import type { Settings } from '../options.js';
import type { InFlight } from '../routing/ledger.js';
import type { Ledgers } from '../routing/ledgers.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { KnownStreams } from '../routing/hints.js';
import type { Report } from './report.js';

/** What every message that passes through a wrapped transport is judged by. */
export interface WrappedTransport {
  readonly settings: Settings;
  /** What is in flight in the current life of the transport. */
  readonly ledgers: Ledgers;
  /** What is known of the client's streams. */
  readonly streams: KnownStreams;
  /** The client has had time to open the standalone stream, and never did. */
  readonly opensNoStandalone: boolean;
  /** Tells this transport from others in the async context. */
  readonly identity: object;
  readonly report: Report;
}

/** The wrapped transport, as a message from the client sees it. */
export interface ReceivingTransport extends WrappedTransport {
  /** A request was written into the ledger and is about to be handed over. */
  arrived(entry: InFlight): void;
  /** Hands an inbound message to the proxy. Throws what the proxy throws. */
  handOver(message: JsonRpcMessage, extra: unknown): void;
  /** The proxy's handler threw, so that nobody else will answer this request. */
  handlerFailed(entry: InFlight): void;
}
