/**
 * Texts in HTTP headers. A text that a header cannot hold as it is travels in Base64, between a mark on either side.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
const PREFIX = '=?base64?';
const SUFFIX = '?=';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A name that HTTP allows for a header. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}

/** An empty text is marked, too: not everybody passes on a header without a value. */
export function headerValueOf(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !seemsMarked(text);
  return isPlain ? text : `${PREFIX}${Buffer.from(text).toString('base64')}${SUFFIX}`;
}

/** @returns `undefined` if the value is marked as Base64 and is none, or no UTF-8 */
export function textInHeader(value: string): string | undefined {
  if (!isMarked(value)) return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

function isMarked(value: string): boolean {
  return value.length >= PREFIX.length + SUFFIX.length && seemsMarked(value);
}

/** Some take the two marks for complete even if they share a character. */
function seemsMarked(value: string): boolean {
  return value.startsWith(PREFIX) && value.endsWith(SUFFIX);
}
