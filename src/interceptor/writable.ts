/**
 * Can a message be written as JSON? SDK transports over Streamable HTTP do not tell: one that cannot be written is
 * dropped, and `send()` resolves.
 *
 * To serialize each message twice would cost too much. Almost all messages are plain data, which is quick to see: that
 * takes a tenth of the time. Only what is not plain data is serialized to find out.
 */
import { isRequest, isRequestId, isResponse, type JsonRpcMessage, type ResponseMessage } from '../routing/message.js';

/** Far below the depth at which `JSON.stringify` runs out of stack, which depends on who calls. */
const MAX_PLAIN_DEPTH = 500;

/** The transport may call `JSON.stringify` with less stack left: so much deeper must be possible here. */
const SPARE_DEPTH = 100;

/** Longer texts may not fit into a string, of which the runtime limits the length. */
const MAX_PLAIN_LENGTH = 100_000_000;

/** Why a message cannot be written as JSON. `undefined`: it can. */
export function unwritable(message: JsonRpcMessage): Error | undefined {
  // A custom transport may be given anything, even `null`.
  if (typeof message !== 'object' || (message as unknown) === null) return undefined;
  try {
    if (new PlainData().holds(message, 0)) return undefined;
    const text = JSON.stringify(nested(message)) as string | undefined;
    const written = unnested(JSON.parse(text ?? 'null'));
    return isSameKind(message, written) ? undefined : new TypeError('nothing is left of it as JSON');
  } catch (cause) {
    return cause instanceof Error ? cause : new TypeError('it throws when it is read', { cause });
  }
}

/** How long a message is that can be written as JSON, in characters. */
export function lengthAsText(message: JsonRpcMessage): number {
  try {
    return JSON.stringify(message).length;
  } catch {
    // It could be written when it was first asked. A `toJSON` is free to change its mind.
    return 0;
  }
}

/** Whether it is a response with nothing in it: it has an id, and neither a method, nor a result, nor an error. */
export function isEmptyResponse(message: JsonRpcMessage): message is ResponseMessage {
  const read = Object(message) as JsonRpcMessage;
  // Mostly one look is enough. On Node 20 each look may cost much: a message that is made by spreading has a shape of its own.
  return read.method === undefined && read.result === undefined && read.error === undefined && isRequestId(read.id);
}

/** Looks through a message for anything but plain objects, arrays, texts, numbers and literals. */
class PlainData {
  #length = 0;

  holds(value: object, depth: number): boolean {
    if (depth > MAX_PLAIN_DEPTH) return false;
    if (Array.isArray(value)) {
      for (const element of value as readonly unknown[]) if (!this.#isPlain(element, depth)) return false;
      return true;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const key in value) if (!this.#isPlain((value as Record<string, unknown>)[key], depth)) return false;
    return true;
  }

  #isPlain(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'object':
        return value === null || this.holds(value, depth + 1);
      case 'string':
        this.#length += value.length;
        return this.#length <= MAX_PLAIN_LENGTH;
      case 'number':
      case 'boolean':
      case 'undefined':
        return true;
      case 'bigint':
      case 'symbol':
      case 'function':
        // A function may be somebody's `toJSON`.
        return false;
    }
  }
}

function nested(value: unknown): unknown {
  for (let depth = 0; depth < SPARE_DEPTH; depth += 1) value = [value];
  return value;
}

function unnested(value: unknown): unknown {
  for (let depth = 0; depth < SPARE_DEPTH; depth += 1) value = (value as readonly unknown[])[0];
  return value;
}

/** Whoever reads it must take it for what it is: a `toJSON` may leave nothing of it. */
function isSameKind(message: JsonRpcMessage, written: unknown): boolean {
  const read = Object(written) as JsonRpcMessage;
  if (isRequest(message)) return isRequest(read) && read.id === message.id;
  if (isResponse(message)) return isResponse(read) && read.id === message.id;
  return written !== null && typeof written === 'object';
}
