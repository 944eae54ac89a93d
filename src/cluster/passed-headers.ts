/** Which headers travel between nodes. Lists have names and values in turn, as Node gives and takes them. */

/** Everything that begins so is between nodes. Clients cannot send it on, and do not get to see it. */
const CLUSTER_PREFIX = 'mcp-backchannel-cluster';

/** Says who has sent a request, and that it is whole. */
export const SIGNATURE_HEADER = 'mcp-backchannel-cluster';

/** They belong to one connection, or describe how a body travels on it. */
const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A header `connection` cannot name these. Without them, the owner would take a request for another than it is. */
const NEVER_OF_ONE_CONNECTION = /^(?:accept|authorization|content-type|host|last-event-id|mcp-.*|origin)$/;

/** The headers of a message that another node, or the client, is to see. */
export function endToEnd(rawHeaders: readonly string[]): string[] {
  const named = namedByConnection(rawHeaders);
  return filtered(rawHeaders, (name) => isEndToEnd(name) && !named.has(name));
}

/** The names of headers, in lower case. */
export function namesIn(rawHeaders: readonly string[]): ReadonlySet<string> {
  return new Set(rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
}

/** The value of a header that occurs once. */
export function valueOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  const values = valuesOf(rawHeaders, wanted);
  return values.length === 1 ? values[0] : undefined;
}

/** The value of a header that may occur several times. */
export function joinedValue(rawHeaders: readonly string[], wanted: string): string | undefined {
  const values = valuesOf(rawHeaders, wanted);
  return values.length === 0 ? undefined : values.join(', ');
}

/** A text that is equal for equal headers, whatever their order and however their names are written. */
export function canonical(rawHeaders: readonly string[]): string {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    pairs.push([(rawHeaders[at] ?? '').toLowerCase(), rawHeaders[at + 1] ?? '']);
  // Sorting is stable, so the values of one name keep their order.
  pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return JSON.stringify(pairs);
}

function isEndToEnd(name: string): boolean {
  // HTTP/2 has the request line among the headers.
  return !OF_ONE_CONNECTION.has(name) && !name.startsWith(CLUSTER_PREFIX) && !name.startsWith(':');
}

/** A header `connection` can name more headers of the connection. */
function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  const named = valuesOf(rawHeaders, 'connection').flatMap((value) => value.split(','));
  const names = named.map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !NEVER_OF_ONE_CONNECTION.test(name)));
}

function valuesOf(rawHeaders: readonly string[], wanted: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted);
}

function filtered(rawHeaders: readonly string[], isKept: (name: string) => boolean): string[] {
  return rawHeaders.filter((_, at) => isKept((rawHeaders[at - (at % 2)] ?? '').toLowerCase()));
}
