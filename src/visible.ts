/**
 * What a terminal or a reader of logs would act on instead of showing it: control characters, of which line breaks
 * and escape sequences are made, and marks that turn the direction of the text around them.
 */
const ACTED_ON = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** The same text on one line, with nothing in it that is acted on: `\x1b` and `\u202e` stand for what they name. */
export function visible(text: string): string {
  return text.replace(ACTED_ON, (character) => (character === '\t' ? character : shortly(codeOf(character))));
}

/** The same JSON: of all this, it leaves some as it is, and only within its texts. */
export function visibleInJson(json: string): string {
  return json.replace(ACTED_ON, (character) => `\\u${codeOf(character).padStart(4, '0')}`);
}

/** A name that somebody else has given, as one word: in quotes, where there is a space in it. */
export function oneWord(name: string): string {
  return /\s/.test(name) ? JSON.stringify(name) : name;
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16);
}

function shortly(code: string): string {
  return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
}
