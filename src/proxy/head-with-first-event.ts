import type { ServerResponse } from 'node:http';

/** How long a response head waits for its first event. A fast backend answers sooner, and nobody notices the delay. */
const HEAD_DELAY_MS = 10;

/**
 * Sends the head of a response together with its first event, and with its end if that follows in the same turn of the
 * event loop. That is one write to the socket instead of three, and writing is the most expensive part of relaying a call.
 */
export function sendHeadWithFirstEvent(response: ServerResponse): void {
  const { socket } = response;
  // The response has no socket while it waits for an earlier response on the same connection.
  if (socket === null) return;
  const write = response.write.bind(response);
  const flush = (): void => {
    clearTimeout(timer);
    if (!response.writableEnded) socket.uncork();
  };
  const timer = setTimeout(flush, HEAD_DELAY_MS);
  // The socket is corked, not the response: Node 24 writes the end of a corked response before its beginning.
  socket.cork();
  let isFirst = true;
  // It is never restored: that would remove a function that others have installed over it since.
  response.write = (...args: unknown[]) => {
    if (isFirst) process.nextTick(flush);
    isFirst = false;
    return write(...(args as Parameters<typeof write>));
  };
  response.once('close', () => {
    clearTimeout(timer);
  });
}
