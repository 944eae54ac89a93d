/**
 * A modern backend needs no translation for modern clients: what they post goes on unchanged. Only the headers are
 * chosen. A message that breaks a rule of the envelope is refused here, as it is for other backends.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { reasonOf } from '../error-answers.js';
import { headerValueOf } from '../header-value.js';
import { MODERN_VERSION } from '../modern-era.js';
import type { RequestId } from '../routing/message.js';
import { INTERNAL_ERROR } from '../rpc-codes.js';

/** The headers that belong to a message. All that begin with {@link PARAM} do, too. */
const OF_MESSAGE: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
]);

/** The headers that repeat arguments of a tool begin with it. */
const PARAM = 'mcp-param-';

/** The headers that go on with a message, by their names in lower case. Notifications may lack the two that all have. */
export function headersOfMessage(
  names: Iterable<string>,
  headers: Pick<Headers, 'get'>,
  method: string,
): Record<string, string> {
  const own = [...names]
    .filter((name) => OF_MESSAGE.has(name) || name.startsWith(PARAM))
    .map((name) => [name, headers.get(name) ?? ''] as const);
  const ofAll = { 'mcp-protocol-version': MODERN_VERSION, 'mcp-method': headerValueOf(method) };
  return { ...ofAll, ...Object.fromEntries(own) };
}

/** What a client is told of a backend that did not answer. */
export function unreachable(id: RequestId | null, reason: Error): string {
  return errorText(id, `The backend could not be reached: ${reasonOf(reason)}`);
}

/** An error that takes the place of the backend's answer. */
export function errorText(id: RequestId | null, message: string, code: number = INTERNAL_ERROR): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}
