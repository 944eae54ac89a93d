/**
 * - `bare`, `wrapped`: the SDK's transport, without and with the wrapper
 * - `context`: bare, but each HTTP request and each message has an async context, as with the wrapper. What it costs is
 *   the price of Node for async contexts, whoever uses them
 * - `ours`: our own transport, with everything on
 * - `floor`: no transport, see `floor.ts`
 */
export const SERVERS = ['bare', 'context', 'wrapped', 'ours', 'floor'] as const;
export type ServerName = (typeof SERVERS)[number];
