import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';

const HEADER = 'mcp-protocol-version';

/**
 * The SDK's transport refuses every request with a protocol version that it does not know, even if client and backend
 * have agreed on that version. In such a request, the version is replaced by the latest one that the SDK knows.
 */
export function withKnownVersion(request: Request, agreedOn: string | undefined): Request {
  if (!isToBeReplaced(request.headers.get(HEADER), agreedOn)) return request;
  const headers = new Headers(request.headers);
  headers.set(HEADER, LATEST_PROTOCOL_VERSION);
  return new Request(request, { headers });
}

function isToBeReplaced(named: unknown, agreedOn: string | undefined): boolean {
  return agreedOn !== undefined && named === agreedOn && !SUPPORTED_PROTOCOL_VERSIONS.includes(agreedOn);
}
