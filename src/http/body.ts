import type { IncomingMessage } from 'node:http';
import type { PostedAnswers } from '../streams/posted-answers.js';
import { handedBody } from './handed-body.js';
import { answersInRest } from './rest-of-body.js';

/** A body that did not come in. */
interface NotRead {
  readonly kind: 'too large' | 'broken off';
  /** What it brought, as far as that can be known. */
  readonly brought: () => PostedAnswers;
}

/** The outcome of reading a body. */
export type Body = { readonly kind: 'text'; readonly text: string } | NotRead;

const NOTHING = new Uint8Array();

/** It leaves out a byte order mark, and reads what is no UTF-8 as the SDK does. */
const decoder = new TextDecoder();

/** Reads the body of a request, up to `maxBytes`. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  return read(request, maxBytes, (bytes) => ({ kind: 'text', text: decoder.decode(bytes) }));
}

/** The same, without decoding it. */
export function readBytes(
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ readonly kind: 'bytes'; readonly bytes: Uint8Array } | NotRead> {
  return read(request, maxBytes, (bytes) => ({ kind: 'bytes', bytes }));
}

function read<T>(request: IncomingMessage, maxBytes: number, bodyOf: (bytes: Uint8Array) => T): Promise<T | NotRead> {
  const handed = handedBody(request);
  const size = handed?.length ?? Number(request.headers['content-length']);
  if (size > maxBytes) return Promise.resolve({ kind: 'too large', brought: () => answersInRest(request) });
  if (handed !== undefined) return Promise.resolve(bodyOf(handed));
  // An earlier handler has read the body and kept nothing of it.
  if (request.readableEnded) return Promise.resolve(bodyOf(NOTHING));
  return new Promise((resolve) => {
    const bytes = new Bytes(maxBytes);
    const add = (chunk: Buffer): void => {
      if (bytes.add(chunk)) return;
      request.off('data', add);
      // The next chunk must not pass by before it is decided whether anybody wants to see it.
      request.pause();
      resolve({ kind: 'too large', brought: () => answersInRest(request, bytes.all, chunk) });
    };
    request.on('data', add);
    request.on('end', () => {
      resolve(bodyOf(bytes.all));
    });
    // After the end it changes nothing: the promise is settled by then.
    request.on('close', () => {
      resolve({ kind: 'broken off', brought: () => answersInRest(request, bytes.all) });
    });
  });
}

/**
 * Collects bytes. A chunk is a view of the memory that the socket was read into, and keeps all of it, however short it
 * is: a body that comes in single bytes would keep 64 KiB for each. So only the first chunk is kept as it is.
 */
class Bytes {
  #first: Uint8Array | undefined;
  #copy: Uint8Array | undefined;
  #length = 0;

  constructor(private readonly max: number) {}

  /** @returns whether it may be kept */
  add(chunk: Uint8Array): boolean {
    const end = this.#length + chunk.length;
    if (end > this.max) return false;
    if (this.#length === 0) this.#first = chunk;
    else this.#room(end).set(chunk, this.#length);
    this.#length = end;
    return true;
  }

  get all(): Uint8Array {
    return this.#copy?.subarray(0, this.#length) ?? this.#first ?? NOTHING;
  }

  #room(needed: number): Uint8Array {
    const kept = this.#copy ?? this.#first ?? NOTHING;
    if (this.#copy !== undefined && this.#copy.length >= needed) return this.#copy;
    const copy = new Uint8Array(Math.min(this.max, Math.max(needed, 2 * kept.length, 1_024)));
    copy.set(kept.subarray(0, this.#length));
    this.#first = undefined;
    return (this.#copy = copy);
  }
}
