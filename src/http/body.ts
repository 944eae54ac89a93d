import type { IncomingMessage } from 'node:http';
import { watchNodeBody, type PostedAnswers } from '../streams/posted-answers.js';

/** The outcome of reading a body. */
export type Body =
  | { readonly kind: 'text'; readonly text: string }
  /** It may have been the answer to a server request. */
  | { readonly kind: 'too large' | 'broken off'; readonly brought: () => PostedAnswers };

const NOTHING = new Uint8Array();

/** It leaves out a byte order mark, and reads what is no UTF-8 as the SDK does. */
const decoder = new TextDecoder();

/** Reads the body of a request, up to `maxBytes`. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  if (Number(request.headers['content-length']) > maxBytes)
    return Promise.resolve({ kind: 'too large', brought: () => watchNodeBody(request) });
  // An earlier handler has read the body and kept nothing of it.
  if (request.readableEnded) return Promise.resolve({ kind: 'text', text: '' });
  return new Promise((resolve) => {
    const bytes = new Bytes(maxBytes);
    const add = (chunk: Buffer): void => {
      if (bytes.add(chunk)) return;
      request.off('data', add);
      // The rest is watched from here on, at once: the next chunk may come before the promise is heard.
      const posted = watchNodeBody(request, Buffer.concat([bytes.all, chunk]));
      resolve({ kind: 'too large', brought: () => posted });
    };
    request.on('data', add);
    request.on('end', () => {
      resolve({ kind: 'text', text: decoder.decode(bytes.all) });
    });
    // After the end it changes nothing: the promise is settled by then.
    request.on('close', () => {
      resolve({ kind: 'broken off', brought: () => watchNodeBody(request, bytes.all) });
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
