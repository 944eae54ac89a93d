/**
 * A proxy has two transports, and each can be wrapped: the one that faces the client by a `Downstream`, and the one that
 * faces the backend by an `Upstream`. A façade shows the wrapper in the transport's place.
 */
import type { Backchannel } from './interceptor/backchannel-view.js';
import { Downstream } from './interceptor/downstream.js';
import { Upstream } from './interceptor/upstream.js';
import { wrapOnce } from './interceptor/wrap-once.js';
import { downstreams, upstreams } from './interceptor/wrapped.js';
import { settingsFrom, type BackchannelOptions } from './options.js';
import type { TransportLike } from './transport-like.js';

/**
 * Wraps the transport that faces the client. Each server-initiated message then leaves on a stream that is alive and,
 * if it can be known, on the stream of the request that caused it.
 *
 * The result is a drop-in for `inner`: it has the same methods, properties and class. Connect your server or proxy to it,
 * and call `handleRequest()` and other methods on it. Responses, and messages with a `relatedRequestId` in flight, leave
 * exactly as they came.
 *
 * Wrap before `start()`. A transport that is wrapped already is not wrapped twice: its façade is returned, and its
 * options stay.
 *
 * @param inner any transport of SDK 1.x or 2.x, or your own
 * @param options see {@link BackchannelOptions} for each default and its reason
 * @throws BackchannelError `INVALID_OPTION`, naming the option and its value; `INVALID_TRANSPORT`
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
 */
export function withBackchannel<T extends TransportLike>(
  inner: T,
  options?: BackchannelOptions,
): T & { readonly backchannel: Backchannel } {
  const settings = settingsFrom(options);
  const transport = wrapOnce(downstreams, inner, () => new Downstream(inner, settings));
  return transport as T & { readonly backchannel: Backchannel };
}

/**
 * Wraps the transport that faces the backend, so that the backend's messages are attributed to the request that caused
 * them, and to no other. The attribution is exact in memory, and over Streamable HTTP if a message arrives in the response
 * to its request. If one pipe carries everything, as with stdio, SSE, WebSocket and the GET stream of an HTTP backend, a
 * message is attributed to the last inbound request.
 *
 * Optional. Without it, a backend that is connected while a request is in flight is taken to speak on behalf of that
 * request for as long as the request is in flight.
 *
 * @throws BackchannelError `INVALID_TRANSPORT`
 */
export function asUpstream<T extends TransportLike>(inner: T): T {
  return wrapOnce(upstreams, inner, () => new Upstream(inner));
}
