/**
 * The stamp: a backend names the request on whose behalf it sends a message, where nothing else on the wire says so, as
 * over stdio. It is a member of the message's `params._meta`, and its value is the id of that request.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic#_meta for the rules of its name
 */
import { isRecord, metaOf, type MethodMessage, type JsonRpcMessage, type RequestId } from './message.js';

export const STAMP_KEY = 'mcp-backchannel/originating-request';

/** The header of an `initialize` request by which a proxy says that it takes stamps off. No client would. */
export const TAKES_STAMPS = 'mcp-backchannel-takes-stamps';

/** The member of `_meta` by which we say the same in a request of revision 2026-07-28. Others would pass a stamp on. */
export const TAKES_STAMPS_KEY = 'mcp-backchannel/takes-stamps';

type Fields = Readonly<Record<string, unknown>>;

/** What the stamp of a message says, which may be anything. `undefined`: it has none. */
export function stampOf(message: JsonRpcMessage): unknown {
  const meta = metaOf(message);
  return meta !== undefined && Object.hasOwn(meta, STAMP_KEY) ? (meta[STAMP_KEY] ?? null) : undefined;
}

/** Whether the sender of this request takes stamps off, as it says itself. */
export function takesStamps(message: JsonRpcMessage): boolean {
  return Object.hasOwn(metaOf(message) ?? {}, TAKES_STAMPS_KEY);
}

export function withStamp(message: MethodMessage, id: RequestId): MethodMessage {
  const params = isRecord(message.params) ? message.params : {};
  return { ...message, params: { ...params, _meta: { ...metaOf(message), [STAMP_KEY]: id } } };
}

/** Where a message has its stamp. */
export const STAMP_PATH: readonly string[] = ['params', '_meta', STAMP_KEY];

/** The message as its sender made it: what holds nothing but the stamp goes with it. */
export function withoutStamp<M extends JsonRpcMessage>(message: M): M {
  const params = message.params as Fields;
  return withMember(message, 'params', withMember(params, '_meta', withMember(params['_meta'] as Fields, STAMP_KEY)));
}

/** @param value `undefined` or empty: the member is left out */
function withMember<T extends object>(fields: T, name: string, value?: Fields): T {
  if (value !== undefined && Object.keys(value).length > 0) return { ...fields, [name]: value };
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name)) as T;
}
