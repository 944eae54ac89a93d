import type { RequestId } from '../routing/message.js';

/**
 * The same response. When it is a stream of events that ends, or fails, without the answer to request `id` and
 * without an event that it could be resumed after, this is told.
 */
export function watchAnswer(response: Response, id: RequestId, onBrokenOff: () => void): Response {
  const { status, statusText, headers } = response;
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (!response.ok || body === null || headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return response;
  const events = new EventLines(id);
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const over = (): void => {
    if (!events.isSettled) onBrokenOff();
  };
  const watched = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          over();
          throw error;
        });
        if (done) {
          over();
          controller.close();
          return;
        }
        events.read(decoder.decode(value, { stream: true }));
        controller.enqueue(value);
      },
      cancel: async (reason) => reader.cancel(reason),
    },
    // Reads only when it is read.
    { highWaterMark: 0 },
  );
  const answer = new Response(watched, { status, statusText, headers });
  return Object.defineProperty(answer, 'url', { value: response.url });
}

/** Looks for the answer to a request, or an id, in the lines of an event stream. */
class EventLines {
  /** Nothing is left to wait for, or it can be resumed. */
  isSettled = false;
  #rest = '';
  #data: string[] = [];

  constructor(private readonly id: RequestId) {}

  read(text: string): void {
    if (this.isSettled) return;
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const [, field, value = ''] = /^(id|data)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') this.#data.push(value);
    else if (field === 'id' && value !== '') this.isSettled = true;
    else if (line === '') this.#event();
  }

  #event(): void {
    const data = this.#data.splice(0).join('\n');
    if (data !== '' && isAnswerTo(this.id, data)) this.isSettled = true;
  }
}

function isAnswerTo(id: RequestId, data: string): boolean {
  try {
    const message = JSON.parse(data) as { readonly id?: unknown; readonly method?: unknown } | null;
    return message?.id === id && message.method === undefined;
  } catch {
    return false;
  }
}
