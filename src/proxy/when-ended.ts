import { exactBody } from './exact-web-transport.js';

/** Returns the same response, with the texts of its messages, and calls `onEnd` when its body has ended or was cancelled. */
export function whenEnded(response: Response, onEnd: () => void): Response {
  let isOver = false;
  // Cancelling the stream also ends a pending read, so this may run twice.
  const ended = (): void => {
    if (!isOver) onEnd();
    isOver = true;
  };
  const { status, statusText, headers } = response;
  if (response.body === null) {
    ended();
    return new Response(null, { status, statusText, headers });
  }
  const source: ReadableStream<Uint8Array> = response.body;
  const reader = source.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read().catch((error: unknown) => {
          ended();
          throw error;
        });
        if (!done) {
          controller.enqueue(exactBody(value));
          return;
        }
        ended();
        controller.close();
      },
      cancel: async (reason) => {
        ended();
        await reader.cancel(reason);
      },
    },
    // Reads from the source only on demand.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}
