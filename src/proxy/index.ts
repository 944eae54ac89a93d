/** The entry "./proxy": a stateful proxy, ready to serve. */
export { createStatefulProxy } from './proxy.js';
export type { BackendRefusal, ProxySnapshot, StatefulProxy, StatefulProxyOptions, UpstreamRequest } from './options.js';
export type { ModernRelay, RelayedAsk, RelayedPost, RelayedRefusal, RelayListener } from '../modern-relay.js';
export type { OpenCall } from './open-calls.js';
export type { Carrier } from '../proxy-carrier.js';
export type * from '../proxy-events.js';
export type { RoundEvent } from '../modern/round-events.js';
export { modernUpstream, type ModernUpstreamOptions } from './modern-upstream.js';
