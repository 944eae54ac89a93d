import { isRecord, isRequestId, RELATED_TASK_KEY } from './routing/message.js';

type Fields = Readonly<Record<string, unknown>>;

/** The members of `_meta` whose type the protocol defines. */
const META_MEMBERS = ['progressToken', RELATED_TASK_KEY] as const;

/** The two sides agree on the contents of these members, which may include `null`. */
const FREE_MEMBERS: ReadonlySet<string> = new Set(['experimental', 'extensions']);

/**
 * The message without `null` in members that the protocol allows to be absent. Many languages write `null` for an
 * absent member, and some receivers reject it. Data in arguments and results stays unchanged.
 *
 * @param message a message, or a batch of them
 * @returns the same object if there is no such `null`
 */
export function withoutNulls(message: unknown): unknown {
  // Not deeper: a batch holds no batch, and arrays within arrays could exhaust the stack.
  if (Array.isArray(message)) return message.map(cleaned);
  return cleaned(message);
}

function cleaned(message: unknown): unknown {
  if (!isRecord(message)) return message;
  if (typeof message['method'] !== 'string')
    return withResult(without(message, ['method', 'params', 'result', 'error']), (result) =>
      without(result, ['_meta']),
    );
  const { id, method, params } = message;
  const isNews = id === null && method.startsWith('notifications/');
  const fields = without(message, isNews ? ['id', 'params', 'result', 'error'] : ['params', 'result', 'error']);
  if (!isRecord(params)) return fields;
  const clean = method === 'initialize' && isRequestId(id) ? initializing(withMeta(params)) : withMeta(params);
  return clean === params ? fields : { ...fields, params: clean };
}

function withResult(answer: Fields, change: (result: Fields) => Fields): Fields {
  const { result } = answer;
  if (!isRecord(result)) return answer;
  const changed = change(result);
  return changed === result ? answer : { ...answer, result: changed };
}

function withMeta(params: Fields): Fields {
  const { _meta: meta } = params;
  if (meta === null) return without(params, ['_meta']);
  if (!isRecord(meta)) return params;
  const clean = without(meta, META_MEMBERS);
  return clean === meta ? params : { ...params, _meta: clean };
}

/** In the capabilities and information of a client, members may be absent at any depth. */
function initializing(params: Fields): Fields {
  const { capabilities, clientInfo } = params;
  if (!hasNull(capabilities) && !hasNull(clientInfo)) return params;
  return { ...params, capabilities: everywhere(capabilities), clientInfo: everywhere(clientInfo) };
}

/** The protocol nests nothing nearly as deep. Deeper values stay as they are, because they could exhaust the stack. */
const MAX_DEPTH = 100;

function hasNull(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return value === null;
  return depth < MAX_DEPTH && Object.values(value).some((member) => hasNull(member, depth + 1));
}

function everywhere(value: unknown, depth = 0): unknown {
  if (depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((element) => everywhere(element, depth + 1));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    members.map(([name, member]) => [name, FREE_MEMBERS.has(name) ? member : everywhere(member, depth + 1)]),
  );
}

function without(fields: Fields, names: readonly string[]): Fields {
  if (!names.some((name) => fields[name] === null)) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== null || !names.includes(name)));
}
