import type { IncomingMessage } from 'node:http';
import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';

const HEADER = 'mcp-protocol-version';

/**
 * The SDK's transport refuses every request with a protocol version that it does not know, even if client and backend
 * have agreed on that version. In such a request, the version is replaced by the latest one that the SDK knows.
 */
export function nameKnownVersion(request: IncomingMessage, agreedOn: string | undefined): void {
  const { headers, rawHeaders } = request;
  if (!isToBeReplaced(headers[HEADER], agreedOn)) return;
  headers[HEADER] = LATEST_PROTOCOL_VERSION;
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === HEADER);
  // An earlier handler may have set only one of the two.
  if (at === -1) rawHeaders.push(HEADER, LATEST_PROTOCOL_VERSION);
  else rawHeaders[at + 1] = LATEST_PROTOCOL_VERSION;
}

/** The same for a web-standard request. */
export function withKnownVersion(request: Request, agreedOn: string | undefined): Request {
  if (!isToBeReplaced(request.headers.get(HEADER), agreedOn)) return request;
  const headers = new Headers(request.headers);
  headers.set(HEADER, LATEST_PROTOCOL_VERSION);
  return new Request(request, { headers });
}

function isToBeReplaced(named: unknown, agreedOn: string | undefined): boolean {
  return agreedOn !== undefined && named === agreedOn && !SUPPORTED_PROTOCOL_VERSIONS.includes(agreedOn);
}
