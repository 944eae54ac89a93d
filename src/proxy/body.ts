import type { IncomingMessage } from 'node:http';

/** What came of reading a body. */
export type Body = { readonly text: string } | 'too large' | 'broken off';

const decoder = new TextDecoder();

/**
 * Reads the body of a request, up to `maxBytes`. The transport could do it as well, but reads by way of a
 * web-standard stream, and that takes it longer than all the rest of a request.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve('too large');
  // Whoever was here before us has read it, and kept nothing.
  if (request.readableEnded) return Promise.resolve({ text: '' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else resolve('too large');
    });
    request.once('end', () => {
      resolve({ text: decoder.decode(Buffer.concat(chunks)) });
    });
    // Comes after the end as well, when the promise is settled.
    request.once('close', () => {
      resolve('broken off');
    });
  });
}
