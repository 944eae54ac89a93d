/** Requests of a modern client, as a backend of an earlier revision expects them. */
import { withChangedText } from '../changed-text.js';
import { CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY, LOG_LEVEL_KEY, PROTOCOL_VERSION_KEY } from '../modern-era.js';
import { memberAt, membersOf } from '../json-text.js';
import { keepText, originalText } from '../original-text.js';
import { isRecord, type RequestId, type RequestMessage } from '../routing/message.js';
import type { ModernCall } from './envelope.js';
import type { Fields } from './meta.js';

/** The client's answer to a server request: a bare result, never an error. */
export interface InputAnswer {
  readonly key: string;
  readonly result: Fields;
}

/**
 * The request to the backend.
 *
 * @param id one that is new in the backend's session: clients choose theirs anew in each call
 * @param progressToken in place of the client's, for the same reason. Without one no progress is asked for
 */
export function legacyRequest(call: ModernCall, id: RequestId, progressToken?: RequestId): RequestMessage {
  const { _meta: meta, inputResponses: _responses, requestState: _state, ...params } = call.params;
  const legacyMeta = {
    ...withoutEnvelope(isRecord(meta) ? meta : {}),
    ...(call.progressToken !== undefined && progressToken !== undefined && { progressToken }),
  };
  const hasMeta = Object.keys(legacyMeta).length > 0;
  const request = {
    jsonrpc: '2.0',
    id,
    method: call.method,
    params: { ...withoutTask(call.method, params), ...(hasMeta && { _meta: legacyMeta }) },
  };
  return withChangedText(request, call.message);
}

/** A backend would answer with a task, of which a modern client knows nothing. */
function withoutTask(method: string, params: Fields): Fields {
  if (method !== 'tools/call') return params;
  const { task: _task, ...kept } = params;
  return kept;
}

function withoutEnvelope(meta: Fields): Fields {
  const {
    [PROTOCOL_VERSION_KEY]: _version,
    [CLIENT_CAPABILITIES_KEY]: _capabilities,
    [CLIENT_INFO_KEY]: _info,
    [LOG_LEVEL_KEY]: _level,
    progressToken: _token,
    ...kept
  } = meta;
  return kept;
}

/** The capabilities that the client declares in a session. Tasks are gone, and nobody can be told of changed roots. */
export function legacyCapabilities({ tasks: _tasks, roots, ...kept }: Fields): Fields {
  return { ...kept, ...(isRecord(roots) && { roots: withoutChanges(roots) }) };
}

function withoutChanges({ listChanged: _changed, ...kept }: Fields): Fields {
  return kept;
}

/**
 * The answers that a retry brings. An answer to nothing is ignored. One that cannot be an answer to its server request
 * counts as missing, so that the client is asked again.
 *
 * @param open the server requests that the client has been told of, by their keys
 */
export function answersIn(
  inputResponses: Fields | undefined,
  open: ReadonlyMap<string, { readonly method: string }>,
): readonly InputAnswer[] {
  if (inputResponses === undefined) return [];
  return [...open].flatMap(([key, { method }]) => {
    const result = Object.hasOwn(inputResponses, key) ? inputResponses[key] : undefined;
    return isAnswerTo(method, result) ? [{ key, result }] : [];
  });
}

/** The same for a call, by their keys. Each is written as the client has written it. */
export function answersOf(
  { inputResponses, message }: ModernCall,
  open: ReadonlyMap<string, { readonly method: string }>,
): Readonly<Record<string, Fields>> {
  const text = memberAt(originalText(message) ?? '{}', ['params', 'inputResponses']);
  const texts = new Map(membersOf(text ?? '{}').map(({ name, value }) => [name, value]));
  return Object.fromEntries(
    answersIn(inputResponses, open).map(({ key, result }) => {
      keepText(result, texts.get(key));
      return [key, result];
    }),
  );
}

/** Of the shape that the protocol gives to results of this method. The backend looks at the details. */
function isAnswerTo(method: string, result: unknown): result is Fields {
  if (!isRecord(result)) return false;
  switch (method) {
    case 'elicitation/create':
      return isElicited(result);
    case 'sampling/createMessage':
      return typeof result['model'] === 'string' && typeof result['role'] === 'string' && isContent(result['content']);
    case 'roots/list':
      return Array.isArray(result['roots']) && result['roots'].every((root) => isRecord(root) && isText(root['uri']));
    default:
      return true;
  }
}

function isElicited({ action, content }: Fields): boolean {
  const isAction = action === 'accept' || action === 'decline' || action === 'cancel';
  return isAction && (content === undefined || isRecord(content));
}

/** One block, or since 2025-11-25 several. */
function isContent(content: unknown): boolean {
  return Array.isArray(content) ? content.every(isBlock) : isBlock(content);
}

function isBlock(block: unknown): boolean {
  return isRecord(block) && isText(block['type']);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
