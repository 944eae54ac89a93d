/**
 * Ids and progress tokens that a double cannot hold: two of them may be one number in JavaScript. Within this process, a
 * stand-in takes the place of each, a string that has the number's text in it. Where a message is written, that text
 * takes the place of the stand-in again.
 */
import { randomUUID } from 'node:crypto';
import { memberAt } from './json-text.js';
import { isRecord, type RequestId } from './routing/message.js';
import { STAMP_KEY, STAMP_PATH } from './routing/stamp.js';

/** Nobody can guess it, so that no string of a message is taken for a stand-in. */
const MARK = `${randomUUID()}:`;

const NUMBER = String.raw`-?\d[\d.eE+-]*`;
/** As a value. The name of a member has to stay a string. */
const AS_VALUE = new RegExp(`"${MARK}(${NUMBER})"(?!:)`, 'g');

/** Most processes never see such an id, and need not look for stand-ins in what they write. */
let areUsed = false;

/** Where messages have ids and progress tokens. */
const PLACES = [
  ['id'],
  ['params', 'progressToken'],
  ['params', 'requestId'],
  ['params', '_meta', 'progressToken'],
  STAMP_PATH,
] as const;

/**
 * The message with stand-ins for the ids that JavaScript cannot hold.
 *
 * @param text what it was parsed from
 * @returns the same object if there are none
 */
export function withStandIns(message: unknown, text: string): unknown {
  if (!isRecord(message) || !hasDoubtful(message)) return message;
  return PLACES.reduce<Fields>((changed, path) => {
    const value = valueAt(message, path);
    const exact = isDoubtful(value) ? standInFor(value, memberAt(text, path)) : value;
    return exact === value ? changed : withValue(changed, path, exact);
  }, message);
}

type Fields = Readonly<Record<string, unknown>>;

function hasDoubtful({ id, params }: Fields): boolean {
  if (isDoubtful(id)) return true;
  if (!isRecord(params)) return false;
  const { progressToken, requestId, _meta: meta } = params;
  return (
    isDoubtful(progressToken) ||
    isDoubtful(requestId) ||
    (isRecord(meta) && (isDoubtful(meta['progressToken']) || isDoubtful(meta[STAMP_KEY])))
  );
}

/** Whether the text of this number may have been another one. Fractions are no ids. */
export function isDoubtful(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return false;
  return Number.isInteger(value) || !Number.isFinite(value);
}

function standInFor(value: number, text: string | undefined): RequestId {
  if (text === undefined) return value;
  areUsed = true;
  return `${MARK}${text}`;
}

function valueAt(message: Fields, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), message);
}

function withValue(fields: Fields, [name = '', ...rest]: readonly string[], value: unknown): Fields {
  return { ...fields, [name]: rest.length === 0 ? value : withValue(fields[name] as Fields, rest, value) };
}

/** The value of JSON that may be an id, or its stand-in. */
export function idIn(json: string): unknown {
  const value = JSON.parse(json) as unknown;
  return isDoubtful(value) ? standInFor(value, json.trim()) : value;
}

/** JSON that was written in this process, with the texts that the stand-ins in it stand for. */
export function withoutStandIns(json: string): string {
  if (!areUsed || !json.includes(MARK)) return json;
  return json.replaceAll(AS_VALUE, '$1').replaceAll(MARK, '');
}

/** The only one of these ids that others read as the same number as this id, which is not one of them. */
export function onlyMeantBy(id: RequestId, known: Iterable<RequestId>): RequestId | undefined {
  const rounded = isDoubtful(id) ? id : roundedId(id);
  if (rounded === undefined) return undefined;
  const meant = [...known].filter((one) => rounded === (isDoubtful(one) ? one : roundedId(one)));
  return meant.length === 1 ? meant[0] : undefined;
}

/** The double that others read in place of this id. `undefined`: it is no stand-in. */
export function roundedId(id: RequestId): number | undefined {
  if (typeof id === 'number' || !id.startsWith(MARK)) return undefined;
  return Number(id.slice(MARK.length));
}
