/** Finds JSON in the output of programs that print other text as well. */
import type { JsonRpcMessage } from '../../routing/message.js';
import { isMeantAsMessage } from '../messages.js';
import { Outline } from '../outline.js';

/** How many possible beginnings of a message are tried in a line with other text. */
const MAX_TRIED = 16;

const ESCAPE = '\\x1b(?:\\[[\\x20-\\x3f]*[\\x40-\\x7e]|\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\))';

/** Text that a terminal does not show (spaces, colours, titles, the byte order mark), and commas between messages. */
const BLANK = new RegExp(`(?:[\\s,\\0-\\x1a\\x1c-\\x1f\\x7f\\ufeff]|${ESCAPE})*`, 'y');

/** One escape sequence at the end of a text. Looking for several at once would take quadratic time. */
const LAST_ESCAPE = new RegExp(`${ESCAPE}$`);
const LONGEST_ESCAPE = 32;

/** Invisible characters that are not spaces. */
const INVISIBLE: ReadonlySet<string> = new Set(['\0', '\x1e', '\x7f', '\ufeff']);

const BEGINNING = /\{\s*"(?:jsonrpc|id|method|params|result|error)"\s*:/g;

/** Where the next visible text begins, at or after `at`. */
export function endOfBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

/** The text without anything at its beginning or end that a terminal does not show. */
export function trimmed(text: string): string {
  let rest = text.slice(endOfBlank(text, 0));
  for (let length = 0; length !== rest.length;) {
    length = rest.length;
    rest = rest.trimEnd();
    if (INVISIBLE.has(rest.slice(-1))) rest = rest.slice(0, -1);
    const [escape = ''] = LAST_ESCAPE.exec(rest.slice(-LONGEST_ESCAPE)) ?? [];
    rest = rest.slice(0, rest.length - escape.length);
  }
  return rest;
}

export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The value of a text that is JSON except for unescaped control characters, such as line ends, in its strings. */
export function repaired(text: string): unknown {
  const value = parsed(text);
  if (value !== undefined) return value;
  // eslint-disable-next-line no-control-regex -- they are what is not allowed
  if (!/[\0-\x1f]/.test(text)) return undefined;
  const escaped = text.replace(/"(?:[^"\\]|\\[^])*"/g, (string) =>
    // eslint-disable-next-line no-control-regex -- they are what is not allowed
    string.replace(/[\0-\x1f]/g, (control) => JSON.stringify(control).slice(1, -1)),
  );
  return parsed(escaped);
}

/** Whether the text of an unfinished line ends with a whole message. */
export function isComplete(text: string): boolean {
  if (!/[}\]]\s*$/.test(text.slice(-8))) return false;
  let at = text.search(/[{[]/);
  while (at >= 0 && at < text.length) {
    const outline = new Outline();
    const length = outline.feed(text.slice(at));
    if (!outline.isWhole) return false;
    at = endOfBlank(text, at + length);
  }
  return at >= 0;
}

/** The first message in a text that is followed by nothing, or by something that may be another message. */
export function findMessage(
  text: string,
): { readonly message: JsonRpcMessage; readonly at: number; readonly end: number } | undefined {
  BEGINNING.lastIndex = 0;
  for (let tried = 0; tried < MAX_TRIED; tried++) {
    const at = BEGINNING.exec(text)?.index;
    if (at === undefined) return undefined;
    const end = at + new Outline().feed(text.slice(at));
    const message = parsed(text.slice(at, end));
    const after = endOfBlank(text, end);
    const isLast = after === text.length || text[after] === '{';
    if (message !== undefined && isMeantAsMessage(message) && isLast)
      return { message: message as JsonRpcMessage, at, end };
  }
  return undefined;
}
