/** Holds back the answer to a POST until the backend takes or refuses the posted message. */
import type { PendingPost } from './pending-post.js';
import type { BackendRefusal } from './options.js';

const OK = 200;
const ACCEPTED = 202;

/** Maximum size of an event without data. Such an event only says where a stream can be resumed. */
const MAX_SILENT_BYTES = 512;

const decoder = new TextDecoder();

/** Our own transport does this by itself; of the SDK's, the response is taken apart. */
export async function heldWebAnswer(response: Response, pendingPost: PendingPost): Promise<Response> {
  if (!isHeld(response.status, pendingPost)) return response;
  const settled = new Promise<BackendRefusal | undefined>((resolve) => {
    pendingPost.onSettled(resolve);
  });
  if (response.body === null) return responseOf(await settled) ?? response;
  const reader: Reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let next = reader.read();
  const first = async (): Promise<undefined> => {
    for (;;) {
      const { done, value } = await next;
      if (done || !isSilent(value)) return undefined;
      chunks.push(value);
      next = reader.read();
    }
  };
  const refusal = await Promise.race([settled, first()]);
  if (refusal === undefined) {
    pendingPost.begin();
    const { status, statusText, headers } = response;
    return new Response(
      bodyOf(chunks, () => next, reader),
      { status, statusText, headers },
    );
  }
  // The transport still writes its own answer, which nobody gets.
  void drain(reader, next);
  return responseOf(refusal) ?? response;
}

function isHeld(status: unknown, pendingPost: PendingPost): boolean {
  return (status === OK || status === ACCEPTED) && pendingPost.isAwaited;
}

function isSilent(chunk: unknown): boolean {
  const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? decodeShort(chunk) : undefined;
  return text !== undefined && text.length <= MAX_SILENT_BYTES && !/^data:[^\S\n]*\S/m.test(text);
}

function decodeShort(chunk: Uint8Array): string | undefined {
  return chunk.length <= MAX_SILENT_BYTES ? decoder.decode(chunk) : undefined;
}

function responseOf(refusal: BackendRefusal | undefined): Response | undefined {
  return refusal && new Response(refusal.body, { status: refusal.status, headers: refusal.headers });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = ReturnType<Reader['read']>;

/** A body with the chunks read so far, followed by the rest. */
function bodyOf(chunks: readonly Uint8Array[], next: () => Read, reader: Reader): ReadableStream<Uint8Array> {
  let pending: Read | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        pending = next();
      },
      async pull(controller) {
        const { done, value } = await (pending ?? reader.read());
        pending = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

async function drain(reader: Reader, next: Read): Promise<void> {
  try {
    for (let read = await next; !read.done; read = await reader.read());
  } catch {
    // The stream broke off. Nobody reads it.
  }
}
