/** Requests of modern clients, as tests need them. */
import { readEnvelope, type ModernCall } from '../../src/modern/envelope.js';
import type { Fields } from '../../src/modern/meta.js';

export const VERSION = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const INFO = 'io.modelcontextprotocol/clientInfo';
export const LEVEL = 'io.modelcontextprotocol/logLevel';
export const SERVER = 'io.modelcontextprotocol/serverInfo';

/** The least that an envelope holds. */
export const META: Fields = { [VERSION]: '2026-07-28', [CAPABILITIES]: {} };

/** A faultless request, or one with faults instead. */
export function request(method: string, params: Fields = {}, meta: Fields = META): Fields {
  return { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } };
}

/** The headers of such a request. `undefined`: it has no such header. */
export function headersFor(method: string, others: Readonly<Partial<Record<string, string>>> = {}): Headers {
  const all: Record<string, string | undefined> = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...others,
  };
  return new Headers(Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined));
}

/** A call that was read from a faultless request. */
export function callOf(method: string, params: Fields = {}, meta: Fields = META): ModernCall {
  const name = params['name'] ?? params['uri'];
  const headers = headersFor(method, { ...(typeof name === 'string' && { 'mcp-name': name }) });
  const read = readEnvelope(request(method, params, meta), headers);
  if (read.kind !== 'call') throw new TypeError(JSON.stringify(read));
  return read;
}
