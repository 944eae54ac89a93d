import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { reasonOf } from '../../error-answers.js';
import { mayPass } from '../../http-status.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import { readAnswer, TooLong, type AnswerListener } from './answer-reader.js';
import { isEventStream, isTaken, mayBeResumedLater } from './response-head.js';
import type { MessageListener } from '../messages.js';
import { Resumption } from './resumption.js';
import type { HttpClient } from './http-client.js';

const NOT_ALLOWED = 405;
const NOT_FOUND = 404;

export interface StandaloneListener extends MessageListener {
  /** The server knows no such session any more. */
  lost(): void;
}

/**
 * On which a server says what belongs to no request. One that was open once is opened again for as long as the session
 * lasts: what the server asks while there is none, it asks nobody.
 */
export class StandaloneStream implements AnswerListener {
  #isOffered = true;
  #wasOpen = false;
  /** Why it was not opened the last time. */
  #told: string | undefined;
  readonly #tell: (message: JsonRpcMessage) => void;
  readonly #aborter = new AbortController();
  readonly #resumption = new Resumption();

  constructor(
    private readonly wire: HttpClient,
    private readonly listener: StandaloneListener,
  ) {
    // It may use a connection that a request has opened, and does not speak on its behalf.
    this.#tell = AsyncResource.bind((message: JsonRpcMessage) => {
      listener.message(message);
    });
  }

  /** Whether the server may say something here, now or later. */
  get isOffered(): boolean {
    return this.#isOffered;
  }

  /** Resolves when the server has answered for the first time. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      void this.#keepOpen(resolve);
    });
  }

  close(): void {
    this.#isOffered = false;
    this.#aborter.abort();
    this.#resumption.wake();
  }

  message(message: JsonRpcMessage): void {
    if (this.#isOffered) this.#tell(message);
  }

  error(error: Error): void {
    if (this.#isOffered) this.listener.error(error);
  }

  refuse(answer: JsonRpcMessage): void {
    this.listener.refuse(answer);
  }

  resumableAfter(eventId: string): void {
    this.#resumption.resumableAfter(eventId);
  }

  retryAfter(ms: number): void {
    this.#resumption.retryAfter(ms);
  }

  async #keepOpen(answered: () => void): Promise<void> {
    do {
      const stream = await this.#ask();
      answered();
      if (stream !== undefined) await this.#read(stream);
    } while (await this.#isDueAgain());
  }

  /** Resolves when it is time to ask again, or will not be. */
  async #isDueAgain(): Promise<boolean> {
    if (this.#isOffered) await this.#resumption.pause();
    return this.#isOffered;
  }

  async #read(stream: IncomingMessage): Promise<void> {
    this.#wasOpen = true;
    this.#told = undefined;
    this.#resumption.attempts = 0;
    const cut = await readAnswer(stream, this);
    if (cut === undefined) return;
    this.error(new Error(`the standalone stream broke: ${reasonOf(cut)}`, { cause: cut }));
    // It would come again.
    if (cut instanceof TooLong) this.#resumption.lastEventId = undefined;
  }

  async #ask(): Promise<IncomingMessage | undefined> {
    try {
      const answer = await this.wire.get(this.#resumption.lastEventId, this.#aborter.signal);
      if (isEventStream(answer)) return answer;
      answer.destroy();
      this.#refused(answer);
    } catch (error) {
      this.#notOpened(reasonOf(error));
    }
    return undefined;
  }

  #refused(answer: IncomingMessage): void {
    const { statusCode: status = 0 } = answer;
    // Not every server has one.
    if (status === NOT_ALLOWED) this.#isOffered = false;
    else
      this.#notOpened(`the backend answers ${status}${isTaken(answer) ? ', and no event stream in plain text' : ''}`);
    if (this.#wasOpen ? mayBeResumedLater(answer) : mayPass(status)) return;
    if (!this.#wasOpen) this.#isOffered = false;
    else if (status === NOT_FOUND && this.#resumption.lastEventId === undefined) this.listener.lost();
    // A server that has begun anew knows no event of before.
    this.#resumption.lastEventId = undefined;
  }

  #notOpened(reason: string): void {
    this.#resumption.attempts++;
    if (this.#told !== reason) this.error(new Error(`the standalone stream was not opened: ${reason}`));
    this.#told = reason;
  }
}
