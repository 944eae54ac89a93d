/** The public entry. For proxy authors: {@link withBackchannel}, {@link asUpstream}. */
export { asUpstream, withBackchannel } from './backchannel.js';
export { BackchannelError, type BackchannelErrorCode } from './errors.js';
export type { BackchannelOptions } from './options.js';
export type { JsonRpcMessage, RequestId, Scope } from './routing/message.js';
export type { Evidence } from './routing/route.js';
export type { Inbound, Outbound, RouteEvent } from './interceptor/events.js';
export type { Backchannel, InFlightRequest, Snapshot } from './interceptor/backchannel-view.js';
export type { MessageHandler, SendOptions, TransportLike } from './transport-like.js';
