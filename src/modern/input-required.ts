/** Server requests of a backend of an earlier revision, as the `input_required` result of the call that caused them. */
import { withChangedText } from '../changed-text.js';
import { SERVER_INFO_KEY } from '../modern-era.js';
import { isRecord, RELATED_TASK_KEY, type JsonRpcMessage } from '../routing/message.js';
import type { Fields } from './meta.js';
import type { ErrorObject } from './refusal.js';

/** A server request without its envelope of JSON-RPC. */
export interface InputRequest {
  readonly method: string;
  readonly params?: Fields;
}

const URL_ELICITATION_REQUIRED = -32_042;

/** The client has to answer these, and to repeat its call with the answers and the state. */
export interface InputNeeded {
  /** By key. */
  readonly requests: ReadonlyMap<string, JsonRpcMessage | InputRequest>;
  /** The client sends it back as it is. Without one, nothing waits for the answers but a new call. */
  readonly requestState?: string | undefined;
  /** The name and version of the backend. */
  readonly serverInfo?: Fields | undefined;
}

export function inputRequired({ requests, requestState, serverInfo }: InputNeeded): Fields {
  return {
    resultType: 'input_required',
    inputRequests: Object.fromEntries([...requests].map(([key, request]) => [key, inputRequestOf(request)])),
    ...(requestState !== undefined && { requestState }),
    ...(serverInfo !== undefined && { _meta: { [SERVER_INFO_KEY]: serverInfo } }),
  };
}

/** Without what has a meaning only in earlier revisions: tasks, progress, and the id of an elicitation. */
function inputRequestOf(request: JsonRpcMessage | InputRequest): InputRequest {
  const { method, params } = request;
  if (typeof method !== 'string' || !isRecord(params)) return { method: String(method) };
  const { _meta: meta, task: _task, ...kept } = params;
  const ownMeta = isRecord(meta) ? withoutTask(meta) : {};
  const ownParams = {
    ...(method === 'elicitation/create' ? withoutElicitationId(kept) : kept),
    ...(Object.keys(ownMeta).length > 0 && { _meta: ownMeta }),
  };
  return withChangedText({ method, params: ownParams }, request);
}

function withoutTask({ progressToken: _token, [RELATED_TASK_KEY]: _task, ...kept }: Fields): Fields {
  return kept;
}

function withoutElicitationId({ elicitationId: _id, ...kept }: Fields): Fields {
  return kept;
}

/**
 * The elicitations that an error demands before the call is made again. The backend does not wait for them: the retry is
 * a new call.
 *
 * @returns `undefined` if it is another error, or demands none
 */
export function urlRequestsIn({ code, data }: ErrorObject): ReadonlyMap<string, InputRequest> | undefined {
  if (code !== URL_ELICITATION_REQUIRED || !isRecord(data) || !Array.isArray(data['elicitations'])) return undefined;
  const elicitations = data['elicitations'].filter(isUrlElicitation);
  if (elicitations.length === 0) return undefined;
  return new Map(
    elicitations.map(
      (params, at) =>
        [`elicitation-${at + 1}`, { method: 'elicitation/create', params: { ...params, mode: 'url' } }] as const,
    ),
  );
}

function isUrlElicitation(elicitation: unknown): elicitation is Fields {
  return isRecord(elicitation) && typeof elicitation['url'] === 'string' && typeof elicitation['message'] === 'string';
}
