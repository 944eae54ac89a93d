import type { Evidence } from '../routing/route.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import type { SendOptions } from '../transport-like.js';

/** A message that the client sent. */
export interface Inbound {
  readonly message: JsonRpcMessage;
  /** The second argument of `onmessage`, exactly as the transport gave it. */
  readonly extra: unknown;
}

/** A message that is on its way to the client, as its sender gave it. */
export interface Outbound {
  readonly message: JsonRpcMessage;
  readonly options: SendOptions | undefined;
}

/** What became of one server-initiated message. */
export interface RouteEvent {
  /** The session it belongs to, if that is known. */
  readonly session: string | undefined;
  readonly method: string;
  /** The id of a request. A notification has none. */
  readonly id: RequestId | undefined;
  /** The `relatedRequestId` that its sender gave. */
  readonly requested: RequestId | undefined;
  /**
   * - `'request'`: the stream of the request `relatedRequestId`
   * - `'standalone'`: the standalone stream
   * - `'unchanged'`: wherever the transport puts it
   * - `'nowhere'`: nowhere, or nowhere yet. `outcome` and `error` say why
   */
  readonly to: 'request' | 'standalone' | 'unchanged' | 'nowhere';
  /** The `relatedRequestId` that it left with. */
  readonly relatedRequestId: RequestId | undefined;
  /** Why that stream was chosen. */
  readonly evidence: Evidence | undefined;
  /**
   * - `'delivered'`: the transport took it
   * - `'parked'`: it waits for a stream. Another event will follow
   * - `'refused'`: it was not given to the transport
   * - `'superseded'`: a newer message with the same news waits in its place
   * - `'failed'`: the transport rejected it
   * - `'orphaned'`: it was delivered before, and its client is gone
   */
  readonly outcome: 'delivered' | 'parked' | 'refused' | 'superseded' | 'failed' | 'orphaned';
  readonly error: Error | undefined;
  /** Milliseconds from the `send()` call to this outcome. */
  readonly waitedMs: number;
}
