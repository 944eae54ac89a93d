import type { Dispatcher } from 'undici';
import { asError } from '../../errors.js';
import { AnswerBody } from './answer-body.js';
import type { HttpAnswer } from './http-answer.js';

/** The first status that is not only informational. */
const FIRST_FINAL_STATUS = 200;

interface ExchangeListener {
  /** There is an answer now, or there will be none. */
  answered(): void;
  /** Nothing more comes. */
  over(): void;
}

/** One HTTP request that is under way, and the answer to it. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  /** Resolves with the head of the answer. Rejects if none came. */
  readonly answered: Promise<HttpAnswer>;
  #controller: Dispatcher.DispatchController | undefined;
  #body: AnswerBody | undefined;
  #isAnswered = false;
  /** Why it was ended before there was an answer. */
  #reason: Error | undefined;
  #resolve!: (answer: HttpAnswer) => void;
  #reject!: (reason: Error) => void;

  constructor(private readonly listener: ExchangeListener) {
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  readonly abort = (reason: Error): void => {
    if (this.#body !== undefined) {
      this.#body.destroy(reason);
      return;
    }
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#fail(reason);
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#reason !== undefined) controller.abort(this.#reason);
  }

  onResponseStart(controller: Dispatcher.DispatchController, statusCode: number, headers: HttpAnswer['headers']): void {
    if (statusCode < FIRST_FINAL_STATUS) return;
    this.#body = new AnswerBody(controller);
    this.#tellAnswered();
    this.#resolve({ statusCode, headers, body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.arrived(chunk);
  }

  onResponseEnd(): void {
    this.listener.over();
    this.#body?.ended();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.listener.over();
    if (this.#body === undefined) this.#fail(unreached(error));
    else this.#body.ended(error);
  }

  #fail(reason: Error): void {
    this.#tellAnswered();
    this.#reject(reason);
  }

  #tellAnswered(): void {
    if (!this.#isAnswered) this.listener.answered();
    this.#isAnswered = true;
  }
}

/** Why there is no answer. For a host with several addresses, the error has an empty message. */
function unreached(thrown: unknown): Error {
  const error = asError(thrown);
  const isCut = (error as { code?: unknown }).code === 'UND_ERR_SOCKET';
  const why = isCut ? 'the backend closed the connection without an answer' : error.message || 'no connection';
  return new Error(why, { cause: error });
}
