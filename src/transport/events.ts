import type { Evidence } from '../routing/route.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { SendOptions } from '../transport-like.js';

/** A message that the client sent. */
export interface Inbound {
  readonly message: JsonRpcMessage;
  /** What the transport said of it, as it said it. */
  readonly extra: unknown;
}

/** A message that is on its way to the client, as its sender gave it. */
export interface Outbound {
  readonly message: JsonRpcMessage;
  readonly options: SendOptions | undefined;
}

/** What became of one server-initiated message. */
export interface RouteEvent {
  /** The session it belongs to, where that is known. */
  readonly session: string | undefined;
  readonly method: string;
  /** The id of a request; a notification has none. */
  readonly id: RequestId | undefined;
  /** The `relatedRequestId` its sender gave. */
  readonly requested: RequestId | undefined;
  /**
   * - `'request'`: the stream of the request `relatedRequestId`
   * - `'standalone'`: the standalone stream
   * - `'unchanged'`: wherever the transport puts it
   * - `'nowhere'`: it could not be sent; `error` says why
   */
  readonly to: 'request' | 'standalone' | 'unchanged' | 'nowhere';
  /** The `relatedRequestId` it left with. */
  readonly relatedRequestId: RequestId | undefined;
  /** Why that stream was chosen. */
  readonly evidence: Evidence | undefined;
  /**
   * - `'delivered'`: the transport took it
   * - `'refused'`: it was not given to the transport
   * - `'failed'`: the transport rejected it
   */
  readonly outcome: 'delivered' | 'refused' | 'failed';
  readonly error: Error | undefined;
  /** Milliseconds from the `send()` call to this outcome. */
  readonly waitedMs: number;
}
