/**
 * What a terminal or a reader of logs would act on instead of showing it: control characters, of which line breaks
 * and escape sequences are made, marks that turn the direction of the text around them, and what has no width.
 */
const ACTED_ON = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The same text on one line, with nothing in it that is acted on: `\x1b` and `\u202e` stand for what they name. */
export function visible(text: string): string {
  return text.replace(ACTED_ON, (character) => (character === '\t' ? character : named(character)));
}

/** The same JSON: of all this, it leaves some as it is, and only within its texts. */
export function visibleInJson(json: string): string {
  // Above U+FFFF it takes two escapes.
  return json.replace(ACTED_ON, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at), 4)}`).join(''),
  );
}

/** As JavaScript writes it. */
function named(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) return `\\u{${hex(code)}}`;
  return code > 0xff ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`;
}

function hex(code: number, length = 0): string {
  return code.toString(16).padStart(length, '0');
}
