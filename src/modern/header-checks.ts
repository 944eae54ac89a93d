/**
 * Headers repeat parts of a request, so that whoever stands between can route it without its body. The two must agree.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { textInHeader } from '../header-value.js';
import { isRecord, type RequestId } from '../routing/message.js';
import { headerMismatch, type Refusal } from './refusal.js';

/** The headers of an HTTP request. */
export type HeadersToRead = Pick<Headers, 'get'>;

/** What the headers are compared to. */
interface Body {
  /** `null`: the body is a notification */
  readonly id: RequestId | null;
  readonly method: string;
  readonly params: unknown;
}

/** The param that `Mcp-Name` repeats. */
const NAMED_BY: ReadonlyMap<string, 'name' | 'uri'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

export function versionIn(headers: HeadersToRead): string | undefined {
  return read(headers, 'mcp-protocol-version');
}

/** A header that says something else than the body. @param version that the body names */
export function contradiction({ id, method }: Body, version: string, headers: HeadersToRead): Refusal | undefined {
  const inHeader = versionIn(headers);
  if (inHeader !== undefined && inHeader !== version)
    return headerMismatch(
      id,
      inHeader,
      `the body names protocol version ${version} but the MCP-Protocol-Version header names ${inHeader}`,
    );
  const methodIn = read(headers, 'mcp-method');
  if (methodIn !== undefined && methodIn !== method)
    return headerMismatch(id, methodIn, `the body names method ${method} but the Mcp-Method header names ${methodIn}`);
  return undefined;
}

/** A header that a request must have and has not, or `Mcp-Name` with another name. Notifications need none. */
export function missingHeader(body: Body, version: string, headers: HeadersToRead): Refusal | undefined {
  const { id, method } = body;
  if (versionIn(headers) === undefined)
    return headerMismatch(
      id,
      undefined,
      `the body names protocol version ${version} but the required MCP-Protocol-Version header is absent`,
    );
  if (read(headers, 'mcp-method') === undefined)
    return headerMismatch(
      id,
      undefined,
      `the body names method ${method} but the required Mcp-Method header is absent`,
    );
  return wrongName(body, headers);
}

/** A body without a name is refused later, by whoever knows the method. */
function wrongName({ id, method, params }: Body, headers: HeadersToRead): Refusal | undefined {
  const member = NAMED_BY.get(method);
  if (member === undefined) return undefined;
  const inBody = isRecord(params) ? params[member] : undefined;
  const inHeader = read(headers, 'mcp-name');
  if (inHeader === undefined) {
    if (typeof inBody !== 'string') return undefined;
    const body = `the body carries params.${member}="${inBody}" but the required Mcp-Name header is absent`;
    return headerMismatch(id, undefined, body);
  }
  const name = textInHeader(inHeader);
  if (name === undefined)
    return headerMismatch(id, inHeader, 'the Mcp-Name header carries an invalid Base64 sentinel value');
  if (typeof inBody !== 'string' || inBody === name) return undefined;
  const body = `the body carries params.${member}="${inBody}" but the Mcp-Name header names "${name}"`;
  return headerMismatch(id, inHeader, body);
}

function read(headers: HeadersToRead, name: string): string | undefined {
  return headers.get(name) ?? undefined;
}
