/**
 * The names that revision 2026-07-28 of the protocol has given to things.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

/** The first revision without sessions and without server-initiated requests. */
export const MODERN_VERSION = '2026-07-28';

/** The members of `_meta` that make a request one of the modern era. */
export { PROTOCOL_VERSION_KEY } from './routing/message.js';
export const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';
export const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';
export const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
export const SUBSCRIPTION_ID_KEY = 'io.modelcontextprotocol/subscriptionId';

/** The codes of refusals, with status 400. */
export const HEADER_MISMATCH = -32_020;
export const MISSING_CAPABILITY = -32_021;
export const UNSUPPORTED_VERSION = -32_022;

/** The request whose answer is a stream that ends when either side has enough. */
export const SUBSCRIBE = 'subscriptions/listen';
