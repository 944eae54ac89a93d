/**
 * Writes messages that were made from others, so that what they share stays as it was written. JavaScript cannot hold
 * every number of JSON.
 */
import { isPlain, membersOf } from './json-text.js';
import { withoutStandIns } from './long-ids.js';
import { keepText, originalText } from './original-text.js';
import { isRecord } from './routing/message.js';

/**
 * The text of `changed`. Whatever it shares with `original` is copied from the text of `original`, if that is known.
 *
 * @param changed objects within it that have a text of their own are written as that
 * @param original the object that `changed` was made from
 */
export function changedText(changed: object, original: object): string {
  const text = originalText(original);
  // Nearly all messages. What JavaScript writes is then as exact, and much cheaper.
  if (text !== undefined && isPlain(text)) return withoutStandIns(JSON.stringify(changed));
  return withoutStandIns(written(changed, original, text) ?? 'null');
}

/** The changed message, which is written as {@link changedText} from now on. */
export function withChangedText<T extends object>(changed: T, original: object): T {
  const text = originalText(original);
  if (text !== undefined && !isPlain(text)) keepText(changed, changedText(changed, original));
  return changed;
}

/** The new message, in which objects that have a text of their own are written as that. */
export function withTextOfParts<T extends object>(message: T): T {
  keepText(message, changedText(message, {}));
  return message;
}

/** `undefined`: JSON has no text for it, so that it is left out. */
function written(changed: unknown, original: unknown, text: string | undefined): string | undefined {
  if (text !== undefined && changed === original) return text;
  if (!isRecord(changed)) return textOf(changed);
  const own = originalText(changed);
  if (own !== undefined) return own;
  const known = isRecord(original) ? original : {};
  const texts = new Map(text === undefined ? [] : membersOf(text).map(({ name, value }) => [name, value]));
  const members = Object.keys(changed).flatMap((name) => {
    const value = written(changed[name], known[name], texts.get(name));
    return value === undefined ? [] : `${JSON.stringify(name)}:${value}`;
  });
  return `{${members.join(',')}}`;
}

/** The type of `JSON.stringify` conceals that there may be no text. */
function textOf(value: unknown): string | undefined {
  return JSON.stringify(value);
}
