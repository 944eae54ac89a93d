import type { ServerResponse } from 'node:http';

/** Below this, what waits is what Node has not given to the socket yet. */
export const USUALLY_BUFFERED = 65_536;

/**
 * A piece that may have to wait for the client, as bytes. As texts, what waits for many slow clients would make the heap
 * large, and a large heap is collected so late that memory goes on growing when nothing waits any more.
 */
export function outsideTheHeap(text: string, response: ServerResponse): string | Buffer {
  return response.writableLength + text.length > USUALLY_BUFFERED ? Buffer.from(text) : text;
}
