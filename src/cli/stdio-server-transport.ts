import type { Readable, Writable } from 'node:stream';
import { errorAnswer } from '../error-answers.js';
import { asError } from '../errors.js';
import { isMessage } from '../http/messages.js';
import { withoutNulls } from '../null-for-absent.js';
import { withStandIns } from '../long-ids.js';
import { leavingAs } from '../leaving.js';
import { lineOf } from '../json-messages.js';
import { keepText } from '../original-text.js';
import { SentLongIds } from '../sent-long-ids.js';
import { isRequestId, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { MessageLines } from '../backends/message-lines.js';
import { isTooLong, MAX_MESSAGE } from '../backends/messages.js';
import { INVALID_REQUEST, PARSE_ERROR } from '../rpc-codes.js';
import type { Outline } from '../backends/outline.js';

/** Why the client's input ended: the client left, or sent a message so long that nothing after it can be read. */
export type End = 'left' | 'too long';

/**
 * The client at our stdin and stdout. The SDK's transport does not tell when a message is written or when the client is
 * gone, and does not answer an invalid request.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #lines: MessageLines;
  readonly #sentLongIds: SentLongIds = new SentLongIds();
  /** Why nothing more can be written. */
  #broken: Error | undefined;
  readonly #read = (text: string): void => {
    this.#lines.feed(text);
  };

  /** @param maxMessage how many characters a message may have */
  constructor(
    private readonly onEnd: (end: End) => void,
    private readonly maxMessage: number = MAX_MESSAGE,
    private readonly input: Readable = process.stdin,
    private readonly output: Writable = process.stdout,
  ) {
    this.#lines = new MessageLines(maxMessage, {
      line: (line) => {
        this.#take(line);
      },
      tooLong: (outline) => {
        this.#tooLong(outline);
      },
      endless: () => {
        this.#stopReading();
        this.onerror?.(new RangeError(`a message of the client ${this.#isTooLong}, and does not end`));
        onEnd('too long');
      },
    });
  }

  start(): Promise<void> {
    const left = (): void => {
      this.onEnd('left');
    };
    // A broken input emits no 'end'. Each write to a client that is gone fails with a new error.
    this.input.on('end', left).on('close', left).on('error', left);
    this.output.on('error', (error) => {
      this.#broken ??= error;
      left();
    });
    this.input.setEncoding('utf8').on('data', this.#read);
    return Promise.resolve();
  }

  /** Resolves when the message is written. Rejects if the client no longer reads; `cause` says why. */
  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.#sentLongIds.sent(message);
    return this.#write(`${lineOf(leavingAs(message, options)?.message ?? message)}\n`);
  }

  close(): Promise<void> {
    this.#stopReading();
    this.onclose?.();
    return Promise.resolve();
  }

  /** Resolves when everything that was sent is written. The rest would be lost when the process ends. */
  async flushed(): Promise<void> {
    await this.#write('').catch(() => undefined);
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.output.write(text, (error) => {
        if (error) reject(new Error('the client is gone', { cause: this.#broken ?? error }));
        else resolve();
      });
    });
  }

  #stopReading(): void {
    this.input.off('data', this.#read).pause();
  }

  #take(line: string): void {
    const json = line.replace(/^\ufeff+/, '').trim();
    if (json === '') return;
    try {
      const value = parsed(json);
      const exact = value === undefined ? value : withStandIns(value, json);
      const message = withoutNulls(exact);
      if (!isMessage(message)) {
        this.#notValid(exact);
        return;
      }
      if (message === exact) keepText(message, json);
      this.onmessage?.(this.#sentLongIds.received(message));
    } catch (error) {
      this.onerror?.(asError(error));
    }
  }

  #notValid(value: unknown): void {
    if (value === undefined) {
      this.onerror?.(new SyntaxError('the client sent a line that is no JSON'));
      this.#refuse(null, PARSE_ERROR, 'Parse error');
      return;
    }
    this.onerror?.(new SyntaxError('the client sent a message that is not valid'));
    const { id, method, result, error: failure } = Object(value) as JsonRpcMessage;
    const isAnswer = (method ?? undefined) === undefined && (result !== undefined || failure !== undefined);
    if (isAnswer) this.#noAnswer(id, 'is not valid');
    else this.#refuse(isRequestId(id) ? id : null, INVALID_REQUEST, 'Invalid Request');
  }

  #tooLong({ id, isAnswer }: Outline): void {
    const why = this.#isTooLong;
    this.onerror?.(new RangeError(`a message of the client ${why}`));
    if (isAnswer === true) this.#noAnswer(id, why);
    // A notification has no id, and gets no answer.
    else if (isAnswer === undefined || id !== undefined)
      this.#refuse(id ?? null, INVALID_REQUEST, `Invalid Request: it ${why}`);
  }

  get #isTooLong(): string {
    return isTooLong(this.maxMessage);
  }

  /** An answer gets no answer. The server that waits for it gets an error in its place. */
  #noAnswer(id: unknown, why: string): void {
    if (isRequestId(id)) this.onmessage?.(errorAnswer(id, `The client's answer to this request ${why}`));
  }

  #refuse(id: RequestId | null, code: number, message: string): void {
    this.send({ jsonrpc: '2.0', id, error: { code, message } }).catch(() => undefined);
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
