/**
 * Characters that a terminal or log viewer acts on instead of showing: control characters (line breaks, escape
 * sequences), marks that change the direction of text, and characters without width.
 */
const ACTED_ON = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The same text on one line, with these characters escaped, such as `\x1b` and `\u202e`. */
export function visible(text: string): string {
  return text.replace(ACTED_ON, (character) => (character === '\t' ? character : named(character)));
}

/** The same for JSON text. JSON escapes only some of these characters, and they occur only in its strings. */
export function visibleInJson(json: string): string {
  // A character above U+FFFF needs two escapes.
  return json.replace(ACTED_ON, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(''),
  );
}

/** The escape that JavaScript uses. */
function named(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${hex(code)}}`;
  return code > 0xff ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`;
}

function hex(code: number, length = 0): string {
  return code.toString(16).padStart(length, '0');
}
