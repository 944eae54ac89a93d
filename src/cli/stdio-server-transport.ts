import type { Readable, Writable } from 'node:stream';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { asError } from '../errors.js';
import { isRequestId, type JsonRpcMessage } from '../routing/message.js';
import type { MessageHandler, TransportLike } from '../transport-like.js';
import { Lines } from '../backends/lines.js';
import { INVALID_REQUEST, MAX_MESSAGE } from '../backends/messages.js';

/** Why no more comes of a client: it has left, or has sent what cannot be read, and nothing after it. */
export type End = 'left' | 'too long';

/**
 * The client at our stdin and stdout. The SDK's transport does not tell when a message is written or the client gone,
 * and leaves whoever has sent an invalid request to wait.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #lines = new Lines(MAX_MESSAGE, () => {
    throw new RangeError(`a message of the client is longer than ${MAX_MESSAGE} characters`);
  });
  readonly #read = (text: string): void => {
    try {
      this.#lines.feed(text, (line) => {
        this.#take(line);
      });
    } catch (error) {
      this.#stopReading();
      this.onerror?.(asError(error));
      this.onEnd('too long');
    }
  };

  constructor(
    private readonly onEnd: (end: End) => void,
    private readonly input: Readable = process.stdin,
    private readonly output: Writable = process.stdout,
  ) {}

  start(): Promise<void> {
    const left = (): void => {
      this.onEnd('left');
    };
    // One that breaks has no end, and each write to a client that is gone is an error of its own.
    this.input.on('end', left).on('close', left).on('error', left);
    this.output.on('error', left);
    this.input.setEncoding('utf8').on('data', this.#read);
    return Promise.resolve();
  }

  /** Resolves when it is written. What a client that is gone does not take, nobody misses. */
  send(message: JsonRpcMessage): Promise<void> {
    return this.#write(serializeMessage(message as never));
  }

  close(): Promise<void> {
    this.#stopReading();
    this.onclose?.();
    return Promise.resolve();
  }

  /** Resolves when all that was sent is written: what is not is lost when the process ends. */
  flushed(): Promise<void> {
    return this.#write('');
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.output.write(text, () => {
        resolve();
      });
    });
  }

  #stopReading(): void {
    this.input.off('data', this.#read).pause();
  }

  #take(line: string): void {
    try {
      const value: unknown = JSON.parse(line);
      const { success, data, error } = JSONRPCMessageSchema.safeParse(value);
      if (success) {
        this.onmessage?.(data);
        return;
      }
      this.onerror?.(error);
      const { id, result, error: failure } = Object(value) as JsonRpcMessage;
      // An answer is answered by nobody.
      if (isRequestId(id) && result === undefined && failure === undefined)
        void this.send({ jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message: 'Invalid Request' } });
    } catch (error) {
      this.onerror?.(asError(error));
    }
  }
}
