import { unwritable } from '../interceptor/writable.js';
import { withoutStandIns } from '../long-ids.js';
import type { JsonRpcMessage } from '../routing/message.js';

/**
 * A message as JSON text.
 *
 * @throws if it cannot be written as JSON, or if nothing of it would be left
 */
export function textOf(message: JsonRpcMessage): string {
  const text = JSON.stringify(message) as string | undefined;
  if (text !== undefined && isPlain(message)) return withoutStandIns(text);
  const cause = unwritable(message);
  if (cause !== undefined) throw cause;
  return withoutStandIns(String(text));
}

/** Whether what makes it a message is surely in its text. */
function isPlain(message: JsonRpcMessage): boolean {
  if (hasToJson(message)) return false;
  const { id, method } = message;
  if (typeof id === 'number' && !Number.isFinite(id)) return false;
  if (typeof method === 'string') return true;
  const payload: unknown = message.result ?? message.error;
  return typeof payload === 'object' && payload !== null && !hasToJson(payload);
}

function hasToJson(value: object): boolean {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === 'function';
}
