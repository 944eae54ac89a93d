/** Requests of revision 2026-07-28: each says what a session said once before. */
import { headerValueOf } from '../../header-value.js';
import {
  CLIENT_CAPABILITIES_KEY,
  CLIENT_INFO_KEY,
  LOG_LEVEL_KEY,
  MODERN_VERSION,
  PROTOCOL_VERSION_KEY,
} from '../../modern-era.js';
import { isRecord } from '../../routing/message.js';
import { paramHeadersFor, type ParamHeader } from '../../param-headers.js';

export type Fields = Readonly<Record<string, unknown>>;

/** What the client has said in its session. */
export interface ClientFacts {
  readonly capabilities: Fields;
  /** Its name and version. */
  readonly info: Fields | undefined;
  /** The least severe log messages that it wants. @default it has not asked for any */
  readonly logLevel: unknown;
}

/** What a legacy client said in its `initialize` request. */
export function clientIn({ capabilities, clientInfo }: Fields): ClientFacts {
  return {
    capabilities: isRecord(capabilities) ? modernCapabilities(capabilities) : {},
    info: isRecord(clientInfo) ? clientInfo : undefined,
    logLevel: undefined,
  };
}

/** Tasks are no longer part of the protocol, and nobody is told of changed roots. */
function modernCapabilities({ tasks: _tasks, roots, ...kept }: Fields): Fields {
  return { ...kept, ...(isRecord(roots) && { roots: {} }) };
}

/** The params of a request, with what the client has said in its session. */
export function withEnvelope(params: unknown, client: ClientFacts): Fields {
  const fields = isRecord(params) ? params : {};
  const meta = isRecord(fields['_meta']) ? fields['_meta'] : {};
  return {
    ...fields,
    _meta: {
      ...meta,
      [PROTOCOL_VERSION_KEY]: MODERN_VERSION,
      [CLIENT_CAPABILITIES_KEY]: client.capabilities,
      ...(client.info !== undefined && { [CLIENT_INFO_KEY]: client.info }),
      ...(client.logLevel !== undefined && { [LOG_LEVEL_KEY]: client.logLevel }),
    },
  };
}

/** The member of the params that `Mcp-Name` repeats. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** The headers that repeat parts of a request. @param declared the headers that the called tool asks for */
export function headersOf(
  method: string,
  params: unknown,
  declared: readonly ParamHeader[] = [],
): Record<string, string> {
  const fields = isRecord(params) ? params : {};
  const name = fields[NAMED_BY.get(method) ?? ''];
  return {
    ...(method === 'tools/call' && paramHeadersFor(declared, fields['arguments'])),
    'mcp-protocol-version': MODERN_VERSION,
    'mcp-method': headerValueOf(method),
    ...(typeof name === 'string' && { 'mcp-name': headerValueOf(name) }),
  };
}
