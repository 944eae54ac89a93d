import type { ModernTransportOptions } from '../backends/modern/index.js';
import type { TransportLike } from '../transport-like.js';
import type { UpstreamRequest } from './options.js';

/** Loads the HTTP client only when needed. Most proxies make their transports themselves. */
const load = () => import('../backends/modern/index.js');

/** Options of `modernUpstream()`. */
export interface ModernUpstreamOptions {
  /** Sent to the server with every request. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How many characters a message of the server may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
}

/**
 * Connects a stateful proxy to a server of revision 2026-07-28, which has no sessions and sends no requests. The proxy's
 * clients are those of earlier revisions, with sessions, elicitation, sampling and roots.
 *
 *     createStatefulProxy({ upstream: modernUpstream('https://example.com/mcp') });
 *
 * If a call needs input, its server says so in the result. The client then gets an ordinary server request on the stream
 * of that call, and the call goes on with the answer.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export function modernUpstream(
  url: string | URL,
  { headers, maxMessage }: ModernUpstreamOptions = {},
): (request: UpstreamRequest) => Promise<TransportLike> {
  const target = new URL(url);
  let connections: ModernTransportOptions['connections'];
  return async () => {
    const { HttpConnections, ModernHttpTransport } = await load();
    connections ??= new HttpConnections();
    return new ModernHttpTransport(target, { connections, maxMessage, ...(headers !== undefined && { headers }) });
  };
}
