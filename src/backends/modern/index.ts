/** Backends of revision 2026-07-28 over HTTP: everything that makes them look like earlier ones. */
export { HttpConnections } from '../http/connections.js';
export type { ModernTransportOptions } from './http-wire.js';
export { ModernHttpTransport } from './modern-http-transport.js';
export { AutoRelay } from './relay-auto.js';
export { HttpRelay, type Discretion, type HttpRelayOptions } from './relay-http.js';
