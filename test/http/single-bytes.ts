/** Reads a body of which each byte is a chunk of its own, and prints how much memory that keeps. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { readBody } from '../../src/http/body.js';

const LENGTH = 2 * 2 ** 20;
/** A socket is read into memory of this size, and each chunk is a view of it. */
const READ_BYTES = 65_536;
/** So many chunks share one read. If each had its own, the test would take too long. */
const CHUNKS_PER_READ = 256;

const kept = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().arrayBuffers;
};

const request = Object.assign(new PassThrough(), { headers: {} }) as unknown as PassThrough & IncomingMessage;
const body = readBody(request, LENGTH);
const before = kept();
let most = 0;
for (let sent = 0; sent < LENGTH; sent += CHUNKS_PER_READ) {
  const read = Buffer.alloc(READ_BYTES, 'x');
  for (let at = 0; at < CHUNKS_PER_READ; at += 1) request.write(read.subarray(at, at + 1));
  await setImmediate();
  if (sent % 2 ** 18 === 0) most = Math.max(most, kept() - before);
}
request.end();
const { kind, ...rest } = await body;
const length = kind === 'text' && 'text' in rest ? rest.text.length : 0;
console.log(JSON.stringify({ read: length, kept: most }));
