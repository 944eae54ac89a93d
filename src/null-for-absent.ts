import { isRequestId } from './routing/message.js';

type Fields = Readonly<Record<string, unknown>>;

/** Members of `_meta` that have a type of their own in the protocol. */
const META_MEMBERS = ['progressToken', 'io.modelcontextprotocol/related-task'] as const;

/** Whatever is in these, `null` too, is for the two sides to agree on. */
const FREE_MEMBERS: ReadonlySet<string> = new Set(['experimental', 'extensions']);

/**
 * The message without `null` in the places that the protocol leaves empty: many languages write it for what is not
 * there, and not every receiver takes it. Data, in arguments and results, stays as it is.
 *
 * @param message a message, or a batch of them
 * @returns the same object where there is none
 */
export function withoutNulls(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(withoutNulls);
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

/** What a client says of itself has members that may be absent at every depth. */
function initializing(params: Fields): Fields {
  const { capabilities, clientInfo } = params;
  if (!JSON.stringify([capabilities, clientInfo]).includes('null')) return params;
  return { ...params, capabilities: everywhere(capabilities), clientInfo: everywhere(clientInfo) };
}

function everywhere(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(everywhere);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    members.map(([name, member]) => [name, FREE_MEMBERS.has(name) ? member : everywhere(member)]),
  );
}

function without(fields: Fields, names: readonly string[]): Fields {
  if (!names.some((name) => fields[name] === null)) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== null || !names.includes(name)));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
