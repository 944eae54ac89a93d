/** Undoes the compression of a body. Nobody asks for it, and some servers compress all the same. */
import { once } from 'node:events';
import { pipeline, type Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { HttpAnswer } from './http-answer.js';

/** As many as a server with two gateways in front of it could add. */
const MAX_ENCODINGS = 5;

// What there is of an event is passed on, though its stream goes on.
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
const ZLIB = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
const BROTLI = { flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH };

/** Not every Node has it. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

type MakeDecoder = (compressed: Readable) => Transform | Promise<Transform>;

const DECODERS: ReadonlyMap<string, MakeDecoder> = new Map<string, MakeDecoder>([
  ['gzip', () => zlib.createGunzip(ZLIB)],
  ['x-gzip', () => zlib.createGunzip(ZLIB)],
  ['br', () => zlib.createBrotliDecompress(BROTLI)],
  ['deflate', inflater],
  ...(createZstdDecompress === undefined ? [] : [['zstd', createZstdDecompress] as const]),
]);

/** What a body is compressed with, the last first. */
function encodingsOf({ headers }: Pick<HttpAnswer, 'headers'>): readonly string[] {
  const value = headers['content-encoding'] ?? '';
  return (Array.isArray(value) ? value.join(',') : value)
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'identity')
    .reverse();
}

export function isCompressed(answer: HttpAnswer): boolean {
  return answer.headers['content-encoding'] !== undefined;
}

/** The encoding for which a body cannot be read. */
export function unknownEncodingIn(answer: Pick<HttpAnswer, 'headers'>): string | undefined {
  const encodings = encodingsOf(answer);
  return encodings.length > MAX_ENCODINGS
    ? encodings.join(', ')
    : encodings.find((encoding) => !DECODERS.has(encoding));
}

/** The body as it was before it was compressed: of one whose encodings are known. Whoever ends it ends the connection. */
export async function decodedBody(answer: HttpAnswer): Promise<Readable> {
  let body = answer.body;
  for (const encoding of encodingsOf(answer)) {
    const decoder = await DECODERS.get(encoding)?.(body);
    // Each is told when another fails: whoever reads the last of them hears of it.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return body;
}

/** Whether a body broke because it is not compressed as its head says. */
export function isUndecodable(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR__|ZSTD_)/.test(code);
}

/** Servers mean one of two formats by `deflate`. */
async function inflater(compressed: Readable): Promise<Transform> {
  await Promise.race([once(compressed, 'readable'), once(compressed, 'close')]).catch(() => undefined);
  const first = compressed.read() as Buffer | null;
  if (first !== null) compressed.unshift(first);
  const hasHeader = first === null || ((first[0] ?? 0) & 0x0f) === 8;
  return hasHeader ? zlib.createInflate(ZLIB) : zlib.createInflateRaw(ZLIB);
}
