/** Decompresses a body. We ask for no compression, but some servers compress anyway. */
import { once } from 'node:events';
import { finished, pipeline, type Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { HttpAnswer } from './http-answer.js';

/** A server and two gateways in front of it would not add more. */
const MAX_ENCODINGS = 5;

// Flushing passes on an event while its stream is still open.
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
const ZLIB = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
const BROTLI = { flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH };

/** Older versions of Node lack it. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

type MakeDecoder = (compressed: Readable) => Transform | Promise<Transform>;

const DECODERS: ReadonlyMap<string, MakeDecoder> = new Map<string, MakeDecoder>([
  ['gzip', () => zlib.createGunzip(ZLIB)],
  ['x-gzip', () => zlib.createGunzip(ZLIB)],
  ['br', () => zlib.createBrotliDecompress(BROTLI)],
  ['deflate', inflater],
  ...(createZstdDecompress === undefined ? [] : [['zstd', createZstdDecompress] as const]),
]);

/** The encodings of a body, in the order in which they must be undone. */
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

/** The encoding that makes a body unreadable, if there is one. If there are too many encodings, all of them. */
export function unknownEncodingIn(answer: Pick<HttpAnswer, 'headers'>): string | undefined {
  const encodings = encodingsOf(answer);
  return encodings.length > MAX_ENCODINGS
    ? encodings.join(', ')
    : encodings.find((encoding) => !DECODERS.has(encoding));
}

/** The decompressed body. All its encodings must be known. Destroying it ends the connection. */
export async function decodedBody(answer: HttpAnswer): Promise<Pick<HttpAnswer['body'], 'read' | 'destroy'>> {
  let body = answer.body.stream();
  for (const encoding of encodingsOf(answer)) {
    const decoder = await DECODERS.get(encoding)?.(body);
    // `pipeline` passes a failure on to every stream, so the reader of the last one sees it.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return {
    read: (onChunk) =>
      new Promise((resolve) => {
        finished(body.on('data', onChunk), (cut) => {
          resolve(cut ?? undefined);
        });
      }),
    destroy: (reason) => body.destroy(reason),
  };
}

/** Whether a body broke because it is not compressed as its headers say. */
export function isUndecodable(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR__|ZSTD_)/.test(code);
}

/** By `deflate`, some servers mean the zlib format and others raw deflate. The first byte tells them apart. */
async function inflater(compressed: Readable): Promise<Transform> {
  await Promise.race([once(compressed, 'readable'), once(compressed, 'close')]).catch(() => undefined);
  const first = compressed.read() as Buffer | null;
  if (first !== null) compressed.unshift(first);
  const hasHeader = first === null || ((first[0] ?? 0) & 0x0f) === 8;
  return hasHeader ? zlib.createInflate(ZLIB) : zlib.createInflateRaw(ZLIB);
}
