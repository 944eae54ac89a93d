/** What a backend of an earlier revision answers, as a modern client expects it. */
import { MODERN_VERSION, SERVER_INFO_KEY } from '../modern-era.js';
import { isRecord, RELATED_TASK_KEY } from '../routing/message.js';
import type { Fields } from './meta.js';
import type { ErrorObject } from './refusal.js';
import { INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND } from '../rpc-codes.js';

/** The codes that no longer exist, and what stands for them: a missing resource, and a URL elicitation. */
const MODERN_CODES: ReadonlyMap<number, number> = new Map([
  [-32_002, INVALID_PARAMS],
  [-32_042, INTERNAL_ERROR],
]);

/** The methods whose results a client may keep for a while. */
const CACHEABLE: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** No result may be kept: it may depend on the session, and on the capabilities that the client declares in it. */
const NOT_KEPT = { ttlMs: 0, cacheScope: 'private' } as const;

/**
 * The result of a request that the backend has fulfilled.
 *
 * @param method of the request
 * @param serverInfo the name and version of the backend
 */
export function modernResult(method: string, result: Fields, serverInfo: Fields | undefined): Fields {
  return {
    ...withoutTasks(method, result),
    resultType: 'complete',
    ...(CACHEABLE.has(method) && NOT_KEPT),
    ...metaOf(result, serverInfo),
  };
}

function withoutTasks(method: string, { _meta, ...result }: Fields): Fields {
  if (method === 'tools/call') return { content: [], ...result };
  const { tools } = result;
  if (method !== 'tools/list' || !Array.isArray(tools)) return result;
  // The same list as long as nothing changes, so that its text is kept.
  return tools.some(hasExecution)
    ? { ...result, tools: tools.filter((tool: unknown) => !needsTask(tool)).map(withoutExecution) }
    : result;
}

function hasExecution(tool: unknown): boolean {
  return isRecord(tool) && Object.hasOwn(tool, 'execution');
}

/** A tool that only runs as a task cannot be called without tasks. */
function needsTask(tool: unknown): boolean {
  return isRecord(tool) && isRecord(tool['execution']) && tool['execution']['taskSupport'] === 'required';
}

function withoutExecution(tool: unknown): unknown {
  if (!isRecord(tool)) return tool;
  const { execution: _execution, ...kept } = tool;
  return kept;
}

/** The `_meta` of a result, which names the server. Nothing if it would be empty. */
function metaOf({ _meta: meta }: Fields, serverInfo: Fields | undefined): { readonly _meta?: Fields } {
  const { [RELATED_TASK_KEY]: _task, ...kept } = isRecord(meta) ? meta : {};
  const named = { ...(serverInfo !== undefined && { [SERVER_INFO_KEY]: serverInfo }), ...kept };
  return Object.keys(named).length === 0 ? {} : { _meta: named };
}

/** The answer to `server/discover`. @param initialized what the backend has answered to `initialize` */
export function discoverResult({ capabilities, instructions, serverInfo }: Fields): Fields {
  const { tasks: _tasks, ...kept } = isRecord(capabilities) ? capabilities : {};
  return {
    resultType: 'complete',
    ...NOT_KEPT,
    supportedVersions: [MODERN_VERSION],
    capabilities: kept,
    ...(typeof instructions === 'string' && { instructions }),
    ...metaOf({}, isRecord(serverInfo) ? serverInfo : undefined),
  };
}

/** The error of a call. Where it asks for a URL elicitation, the client should be asked instead. */
export function modernError(error: ErrorObject): ErrorObject {
  const code = MODERN_CODES.get(error.code);
  return code === undefined ? error : { ...error, code };
}

/** The HTTP status of an error of the backend: that of any result, unless it does not have the method at all. */
export function statusOfError({ code }: ErrorObject): number {
  return code === METHOD_NOT_FOUND ? 404 : 200;
}
