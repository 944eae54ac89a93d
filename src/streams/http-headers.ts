/** Reads HTTP requests and responses, of Node and of web-standard platforms. */

/** A Node response, as far as it is watched. */
export interface NodeResponse {
  writeHead: (...args: unknown[]) => unknown;
  write: (...args: unknown[]) => unknown;
  end: (...args: unknown[]) => unknown;
  once(event: 'close', listener: () => void): unknown;
  readonly closed?: boolean;
  getHeader(name: string): unknown;
  readonly destroyed?: boolean;
}

/**
 * Whether streams can be watched through these arguments of `handleRequest`. Some transports take the context object of a
 * framework instead. Nothing is known of their streams, which does not mean that none is open.
 */
export function isWatchable([request, response]: readonly unknown[]): boolean {
  if (typeof request !== 'object' || request === null) return false;
  const { method, headers } = request as { readonly method?: unknown; readonly headers?: unknown };
  return isNodeResponse(response) || (typeof method === 'string' && typeof headers === 'object' && headers !== null);
}

export function isNodeResponse(value: unknown): value is NodeResponse {
  return typeof value === 'object' && value !== null && 'writeHead' in value && 'once' in value;
}

// Adapters replace the global `Response` with one of their own.
export function isWebResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value;
}

/** The signal of a web-standard request. Some platforms abort it when the client goes away. */
export function signalOf(request: unknown): AbortSignal | undefined {
  const { signal } = request as { signal?: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}

export function methodOf(request: unknown): string {
  const { method } = request as { method?: unknown };
  return typeof method === 'string' ? method : '';
}

/** A header of a Node or a web-standard request. */
export function headerOf(request: unknown, name: string): string | undefined {
  const { headers } = request as { headers?: unknown };
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = (headers as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** Only the client of a session knows the session's id, and answers its server requests. */
export function isOfSession(request: unknown, sessionId: unknown): boolean {
  return sessionId === undefined || headerOf(request, 'mcp-session-id') === sessionId;
}

/** The content type among the arguments of `writeHead(status, [reason], headers)`. */
export function contentTypeOf(args: readonly unknown[]): unknown {
  const headers = args.find((arg) => typeof arg === 'object' && arg !== null);
  if (headers === undefined) return undefined;
  const pairs = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers);
  return pairs.find(([name]) => String(name).toLowerCase() === 'content-type')?.[1];
}

/** Node takes headers as pairs, and as one flat list of names and values. */
function pairsOf(headers: readonly unknown[]): (readonly [unknown, unknown])[] {
  if (Array.isArray(headers[0])) return headers as (readonly [unknown, unknown])[];
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]] as const] : []));
}

export function mediaTypeOf(contentType: unknown): 'sse' | 'json' | undefined {
  const type = typeof contentType === 'string' ? contentType.toLowerCase() : '';
  if (type.startsWith('text/event-stream')) return 'sse';
  return type.startsWith('application/json') ? 'json' : undefined;
}
