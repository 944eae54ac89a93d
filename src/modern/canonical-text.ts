/**
 * One text for all ways to write the same JSON. It is for comparing only, and is no JSON itself.
 *
 * The order of members and the spaces between them do not count. Numbers count by their exact value: `1`, `1.0` and `1e0`
 * are equal, because clients that parse JSON and write it again write one for the other. `9007199254740992` and
 * `9007199254740993` differ, although JavaScript holds both as one number. Of members with the same name, the last one
 * counts, as for `JSON.parse`.
 */

import { isPlain } from '../json-text.js';

/** Longer numbers are compared as they are written. This keeps the work for each number small. */
const MAX_NUMBER_LENGTH = 400;

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Most numbers are whole and short. They are compared as they are written, too. */
const PLAIN = /^(0|-?[1-9]\d{0,14})$/;
const MAX_PLAIN_DIGITS = 15;

const [QUOTE, BACKSLASH, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x2d, 0x30, 0x39];
const IN_NUMBER: ReadonlySet<number> = new Set(Buffer.from('0123456789.eE+-'));

/**
 * The canonical text of this JSON.
 *
 * @param json valid JSON
 * @param left if it is an object, the names of its members that do not count
 */
export function canonicalText(json: string, left: readonly string[] = []): string {
  // Numbers that JavaScript holds and writes as they are need no marks, nor do the strings then.
  const mark = isPlain(json) ? '' : 's';
  const tree = mark === '' ? (JSON.parse(json) as Tree) : markedTree(json);
  // The tree is nobody else's. A copy without them would take as long as all the rest.
  if (typeof tree === 'object' && tree !== null) for (const name of left) Reflect.deleteProperty(tree, mark + name);
  return written(tree, mark);
}

/** JSON. If it is marked, each string begins with `s`, and each number is a string that begins with `n`. */
type Tree = string | number | boolean | null | readonly Tree[] | Members;
interface Members {
  readonly [name: string]: Tree;
}

/** Parses JSON without its numbers losing anything. */
function markedTree(json: string): Tree {
  let marked = '';
  /** Up to here, the text is marked. */
  let done = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      marked += `${json.slice(done, at)}"s`;
      done = at + 1;
      at = endOfString(json, at);
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(json, at);
      marked += `${json.slice(done, at)}"n${exactNumber(json.slice(at, end))}"`;
      done = end;
      at = end - 1;
    }
  }
  return JSON.parse(marked + json.slice(done)) as Tree;
}

/** Where the closing quote is. */
function endOfString(json: string, quote: number): number {
  let at = quote + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function endOfNumber(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && IN_NUMBER.has(json.charCodeAt(at))) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** The same text for each way to write the same number. */
function exactNumber(number: string): string {
  if (PLAIN.test(number)) return number;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    number.length > MAX_NUMBER_LENGTH ? [] : (NUMBER.exec(number) ?? []);
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = withoutLastZeros(digits);
  const scale = Number(exponent) - fraction.length + digits.length - significant.length;
  if (whole === '' || !Number.isSafeInteger(scale)) return number;
  if (significant === '') return '0';
  const isPlain = scale >= 0 && significant.length + scale <= MAX_PLAIN_DIGITS;
  return sign + significant + (isPlain ? '0'.repeat(scale) : `e${scale}`);
}

function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}

/** A list or an object of which a part is written. */
interface Frame {
  readonly values: readonly Tree[];
  /** Those of the members of an object. */
  readonly names: readonly string[] | undefined;
  at: number;
}

/** It does not recurse: a client may nest as deeply as it likes. */
function written(tree: Tree, mark: string): string {
  let text = '';
  const frames: Frame[] = [frameOf([tree])];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { values, names, at } = frame;
    const value = values[at];
    if (value === undefined) {
      text += names === undefined ? '],' : '},';
      frames.pop();
      continue;
    }
    frame.at++;
    if (names !== undefined) text += `${JSON.stringify(names[at]?.slice(mark.length))}:`;
    if (typeof value === 'object' && value !== null) {
      frames.push(frameOf(value));
      text += isList(value) ? '[' : '{';
    } else {
      text += `${leaf(value, mark)},`;
    }
  }
  return text;
}

function frameOf(value: readonly Tree[] | Members): Frame {
  if (isList(value)) return { values: value, names: undefined, at: 0 };
  const names = Object.keys(value).sort();
  return { values: names.map((name) => value[name] ?? null), names, at: 0 };
}

function leaf(value: string | number | boolean | null, mark: string): string {
  if (typeof value !== 'string') return String(value);
  return mark !== '' && value.startsWith('n') ? value.slice(1) : JSON.stringify(value.slice(mark.length));
}

function isList(value: readonly Tree[] | Members): value is readonly Tree[] {
  return Array.isArray(value);
}
