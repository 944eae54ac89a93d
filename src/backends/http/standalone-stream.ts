import { AsyncResource } from 'node:async_hooks';
import { reasonOf } from '../../error-answers.js';
import { mayPass } from '../../http-status.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import { isSessionUnknown } from '../../session-unknown.js';
import type { MessageListener } from '../messages.js';
import { readAnswer, TooLong, type AnswerListener } from './answer-reader.js';
import { isUndecodable } from './decoded-body.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import type { HttpClient } from './http-client.js';
import { refusalIn, textOf } from './refusal.js';
import { isEventStream, isTaken, mayBeResumedLater } from './response-head.js';
import { Resumption } from './resumption.js';

const NOT_ALLOWED = 405;

/** With other credentials the server may do better. */
const FORBIDDEN: ReadonlySet<number> = new Set([401, 403]);

/** So many attempts in a row in vain mean that nothing is to be expected soon. */
const MAX_ATTEMPTS = 5;

export interface StandaloneListener extends MessageListener {
  /** The server knows no such session any more. */
  lost(): void;
  /** Whoever waits for the stream should wait no longer. */
  silent(reason: string): void;
}

/**
 * On which a server says what belongs to no request. One that was open once is opened again for as long as the session
 * lasts: what the server asks while there is none, it asks nobody.
 */
export class StandaloneStream implements AnswerListener {
  #isOffered = true;
  #isForbidden = false;
  #isClosed = false;
  #wasOpen = false;
  /** Why it was not opened the last time. */
  #told: string | undefined;
  readonly #tell: (message: JsonRpcMessage) => void;
  readonly #aborter = new AbortController();
  readonly #resumption = new Resumption();

  constructor(
    private readonly client: HttpClient,
    private readonly listener: StandaloneListener,
    /** With what it is asked for. */
    private readonly headers: () => RequestHeaders,
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

  /** Asks for it at once, where that was due later, or refused for want of credentials. */
  retry(): void {
    if (this.#isForbidden && !this.#isOffered && !this.#isClosed) {
      this.#isOffered = true;
      void this.open();
    } else {
      this.#resumption.wake();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#isOffered = false;
    this.#aborter.abort();
    this.#resumption.wake();
  }

  get maxMessage(): number {
    return this.listener.maxMessage;
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

  async #read(stream: HttpAnswer): Promise<void> {
    this.#wasOpen = true;
    this.#told = undefined;
    this.#resumption.attempts = 0;
    const cut = await readAnswer(stream, this);
    if (cut === undefined) return;
    this.error(new Error(`the standalone stream broke: ${reasonOf(cut)}`, { cause: cut }));
    // It would come again.
    if (cut instanceof TooLong || isUndecodable(cut)) this.#resumption.lastEventId = undefined;
  }

  async #ask(): Promise<HttpAnswer | undefined> {
    try {
      const answer = await this.client.get(this.#resumption.lastEventId, this.headers(), this.#aborter.signal);
      if (isTaken(answer) && isEventStream(answer)) return answer;
      await this.#refused(answer);
    } catch (error) {
      this.#notOpened(reasonOf(error));
    }
    return undefined;
  }

  async #refused(answer: HttpAnswer): Promise<void> {
    const { statusCode: status } = answer;
    this.#isForbidden = FORBIDDEN.has(status);
    const isLost = this.#wasOpen && isSessionUnknown(await this.#refusal(answer));
    // Not every server has one.
    if (status === NOT_ALLOWED) this.#isOffered = false;
    else
      this.#notOpened(
        `the backend answers ${status}${isTaken(answer) ? ', and no event stream that can be read' : ''}`,
      );
    const isDueLater = this.#wasOpen ? mayBeResumedLater(answer) || this.#isForbidden : mayPass(status);
    if (isDueLater && !isLost) return;
    if (!this.#wasOpen) this.#isOffered = false;
    else if (isLost && this.#resumption.lastEventId === undefined) this.listener.lost();
    // A server that has begun anew knows no event of before.
    this.#resumption.lastEventId = undefined;
    if (!this.#isOffered) this.listener.silent('the stream on which it was to be answered was refused');
  }

  async #refusal(answer: HttpAnswer): Promise<Error | undefined> {
    if (isTaken(answer)) {
      answer.body.destroy();
      return undefined;
    }
    return refusalIn(answer, this.client.url, await textOf(answer), (text) => text);
  }

  #notOpened(reason: string): void {
    if (++this.#resumption.attempts === MAX_ATTEMPTS)
      this.listener.silent('the stream on which it was to be answered broke, and was not opened again');
    if (this.#told !== reason) this.error(new Error(`the standalone stream was not opened: ${reason}`));
    this.#told = reason;
  }
}
