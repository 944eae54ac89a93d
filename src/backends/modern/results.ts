/** Results of revision 2026-07-28, as a client of an earlier revision expects them. */
import { SERVER_INFO_KEY } from '../../modern-era.js';
import { isRecord } from '../../routing/message.js';
import type { Fields } from './envelope.js';
import { paramHeadersIn } from '../../param-headers.js';

/** The revisions with sessions, the latest first. */
const LEGACY_VERSIONS: readonly unknown[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** The `initialize` result for what a server said of itself. @param asked the revision that the client asked for */
export function initializeResult(discovered: Fields, asked: unknown): Fields {
  const { capabilities, instructions, serverInfo, _meta: meta } = discovered;
  const { extensions: _extensions, tasks: _tasks, ...kept } = isRecord(capabilities) ? capabilities : {};
  const named = isRecord(meta) ? (meta[SERVER_INFO_KEY] ?? serverInfo) : serverInfo;
  return {
    protocolVersion: LEGACY_VERSIONS.includes(asked) ? asked : LEGACY_VERSIONS[0],
    // Each request says which log messages it wants, so that any server may send some.
    capabilities: { ...kept, logging: {} },
    serverInfo: isNamed(named) ? named : { name: 'unknown', version: 'unknown' },
    ...(typeof instructions === 'string' && { instructions }),
  };
}

function isNamed(info: unknown): boolean {
  return isRecord(info) && typeof info['name'] === 'string' && typeof info['version'] === 'string';
}

/** Whether `legacyResult()` only leaves out what earlier revisions do not know. */
export function isPlain(method: string, { structuredContent }: Fields): boolean {
  if (method === 'tools/call') return structuredContent === undefined || isRecord(structuredContent);
  return method !== 'tools/list';
}

/** The result of any other request. @param hasHeaders whether arguments travel in headers */
export function legacyResult(method: string, result: Fields, hasHeaders: boolean): Fields {
  const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, _meta: meta, ...kept } = result;
  const ownMeta = isRecord(meta) ? withoutServerInfo(meta) : undefined;
  const fields = ownMeta === undefined ? kept : { ...kept, _meta: ownMeta };
  if (method === 'tools/list') return withLegacyTools(fields, hasHeaders);
  return method === 'tools/call' ? withLegacyContent(fields) : fields;
}

function withoutServerInfo({ [SERVER_INFO_KEY]: _info, ...kept }: Fields): Fields | undefined {
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** Clients must drop a tool that asks for a header it may not ask for. */
function withLegacyTools(result: Fields, hasHeaders: boolean): Fields {
  const { tools } = result;
  if (!Array.isArray(tools)) return result;
  const kept = tools
    .filter(isRecord)
    .filter((tool) => !hasHeaders || paramHeadersIn(tool['inputSchema']) !== undefined);
  return { ...result, tools: kept.map(withLegacySchema) };
}

/** Before, structured results were objects. A client may refuse the whole list for another schema. */
function withLegacySchema(tool: Fields): Fields {
  const { outputSchema, ...kept } = tool;
  const isLegacy = outputSchema === undefined || (isRecord(outputSchema) && outputSchema['type'] === 'object');
  return isLegacy ? tool : kept;
}

function withLegacyContent(result: Fields): Fields {
  const { structuredContent: structured, ...kept } = result;
  if (structured === undefined || isRecord(structured)) return result;
  const content = Array.isArray(kept['content']) ? (kept['content'] as readonly unknown[]) : [];
  const hasText = content.some((block) => isRecord(block) && block['type'] === 'text');
  return { ...kept, content: hasText ? content : [...content, { type: 'text', text: JSON.stringify(structured) }] };
}
