/** Finds parts of valid JSON in its text, which has what is lost when it is parsed. */

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE = 0x20;

/** The texts of the elements of a list. */
export function elementsOf(list: string): readonly string[] {
  const elements: string[] = [];
  let at = skipSpace(list, skipSpace(list, 0) + 1);
  while (list.charCodeAt(at) !== CLOSE_LIST) {
    const end = endOfValue(list, at);
    elements.push(list.slice(at, end));
    at = nextOf(list, end);
  }
  return elements;
}

/** The text of a member at this path into an object. Of members with the same name, the last one counts. */
export function memberAt(object: string, path: readonly string[]): string | undefined {
  return path.reduce<string | undefined>(
    (text, wanted) => text && membersOf(text).findLast(({ name }) => name === wanted)?.value,
    object,
  );
}

/**
 * The text of an object without the member at this path, and without what then holds nothing. `undefined`: nothing is
 * left.
 */
export function withoutMemberAt(object: string, [wanted, ...rest]: readonly string[]): string | undefined {
  const left = membersOf(object).flatMap(({ key, name, value }) => {
    const kept = name !== wanted ? value : rest.length === 0 ? undefined : withoutMemberAt(value, rest);
    return kept === undefined ? [] : `${key}:${kept}`;
  });
  return left.length === 0 ? undefined : `{${left.join(',')}}`;
}

export interface Member {
  /** As it is written, with its quotes. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** The members of an object, in their order. Other values have none. */
export function membersOf(object: string): readonly Member[] {
  const members: Member[] = [];
  let at = skipSpace(object, 0);
  if (object.charCodeAt(at) !== OPEN_OBJECT) return members;
  at = skipSpace(object, at + 1);
  while (object.charCodeAt(at) !== CLOSE_OBJECT) {
    const endOfName = endOfString(object, at);
    const key = object.slice(at, endOfName);
    at = skipSpace(object, object.indexOf(':', endOfName) + 1);
    const end = endOfValue(object, at);
    members.push({ key, name: JSON.parse(key) as string, value: object.slice(at, end) });
    at = nextOf(object, end);
  }
  return members;
}

/** Where the next element or member begins, or the closing bracket. */
function nextOf(text: string, endOfLast: number): number {
  const at = skipSpace(text, endOfLast);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  const isNested = first === OPEN_OBJECT || first === OPEN_LIST;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at) - 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        depth++;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        if (!isNested) return at;
        if (--depth === 0) return at + 1;
        break;
      default:
        if (!isNested && isEnd(text.charCodeAt(at))) return at;
    }
  }
  return text.length;
}

function isEnd(code: number): boolean {
  return code === COMMA || code === COLON || code <= SPACE;
}

function endOfString(text: string, from: number): number {
  let at = from;
  do at = text.indexOf('"', at + 1);
  while (at !== -1 && isEscaped(text, at));
  return at === -1 ? text.length : at + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
}

/** A number that JavaScript may hold or write in another way than this. */
const DOUBTFUL = /(?:^|[[:,\s])(?:-0|-?\d+[.eE]|-?\d{16})/;

/** Longer JSON may be nested more deeply than `JSON.stringify` can write. */
const MAX_PLAIN_LENGTH = 4_000;

/**
 * Whether JavaScript can write this JSON again, and loses nothing of its numbers. `false` may be a false alarm, since
 * strings count too.
 */
export function isPlain(json: string): boolean {
  return json.length <= MAX_PLAIN_LENGTH && !DOUBTFUL.test(json);
}
