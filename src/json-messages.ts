/** Messages as JSON, and back. */
import { elementsOf } from './json-text.js';
import { withoutStandIns, withStandIns } from './long-ids.js';
import { originalText } from './original-text.js';
import type { JsonRpcMessage } from './routing/message.js';

/** The message as JSON. */
export function jsonOf(message: object): string {
  return originalText(message) ?? withoutStandIns(JSON.stringify(message));
}

/** What a text says. `{}` if it is no JSON. */
export function jsonMessageIn(text: string): JsonRpcMessage {
  try {
    return Object(JSON.parse(text)) as JsonRpcMessage;
  } catch {
    return {};
  }
}

/** A message that was read, and its own text. */
export interface ReadMessage {
  readonly message: unknown;
  readonly text: string | undefined;
}

/**
 * The messages in JSON: one, or those of a batch. Ids that JavaScript cannot hold have stand-ins.
 *
 * @param value what the text was parsed to
 * @param text if it is known
 */
export function messagesIn(value: unknown, text: string | undefined): readonly ReadMessage[] {
  if (text === undefined)
    return (Array.isArray(value) ? value : [value]).map((message: unknown) => ({ message, text }));
  if (!Array.isArray(value)) return [readMessage(value, text)];
  return elementsOf(text).map((element, at) => readMessage(value[at], element));
}

function readMessage(value: unknown, text: string): ReadMessage {
  return { message: withStandIns(value, text), text };
}

/** The message as JSON on one line. Outside of strings, a line break is a space like any other. */
export function lineOf(message: object): string {
  const json = jsonOf(message);
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, ' ') : json;
}
