import { BaseWriter } from './answer-writer.js';

const encoder = new TextEncoder();

/** Writes a web-standard response. */
export class WebWriter extends BaseWriter {
  /** Resolves when the answer begins. */
  readonly response: Promise<Response>;
  #begin: ((response: Response) => void) | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  /**
   * @param signal of the request. Aborted when the client leaves
   * @param maxBufferedBytes how much may wait for a client that does not read. With more, the stream breaks off
   */
  constructor(
    signal: AbortSignal,
    private readonly maxBufferedBytes: number,
    acceptsStream = true,
  ) {
    super(acceptsStream);
    this.response = new Promise((resolve) => {
      this.#begin = resolve;
    });
    const left = (): void => {
      this.left();
      // The host drops it, but waits for it.
      this.#begin?.(new Response(null, { status: 499 }));
    };
    if (signal.aborted) left();
    else {
      signal.addEventListener('abort', left);
      this.waits();
    }
  }

  protected head(headers: Readonly<Record<string, string>>): void {
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#stream = controller;
        },
        cancel: () => {
          this.left();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.maxBufferedBytes }),
    );
    this.#begin?.(new Response(stream, { status: 200, headers }));
  }

  protected write(text: string): void {
    if ((this.#stream?.desiredSize ?? 0) >= 0) this.#stream?.enqueue(encoder.encode(text));
    else {
      this.#stream?.error(new Error('too many bytes wait for a client that does not read'));
      this.left();
    }
  }

  protected destroy(): void {
    this.#stream?.error(new Error('the backend broke off its answer'));
  }

  protected finish(text: string): void {
    if (text !== '') this.#stream?.enqueue(encoder.encode(text));
    this.#stream?.close();
  }

  protected whole(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    this.#begin?.(new Response(body === '' ? null : body, { status, headers }));
  }
}
