import { AsyncResource } from 'node:async_hooks';
import { reasonOf } from '../../error-answers.js';
import { mayPass } from '../../http-status.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import { isSessionUnknown } from '../../session-unknown.js';
import type { MessageListener } from '../messages.js';
import { Cancellation } from '../cancellation.js';
import { readAnswer, TooLong, type AnswerListener } from './answer-reader.js';
import { isUndecodable } from './decoded-body.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import type { HttpClient } from './http-client.js';
import { refusalIn, textOf } from './refusal.js';
import { isEventStream, isTaken, mayBeResumedLater } from './response-head.js';
import { Resumption } from './resumption.js';

const NOT_ALLOWED = 405;

/** With other credentials, the server may allow the stream. */
const FORBIDDEN: ReadonlySet<number> = new Set([401, 403]);

/** After this many failed attempts in a row, we expect no stream soon. */
const MAX_ATTEMPTS = 5;

export interface StandaloneListener extends MessageListener {
  /** The server no longer knows the session. */
  lost(): void;
  /** Nothing is expected on this stream soon: stop waiting for it. */
  silent(reason: string): void;
}

/**
 * The stream on which a server sends messages that belong to no request. Once it has been open, it is reopened for as
 * long as the session lasts: without it, a server request reaches nobody.
 */
export class StandaloneStream implements AnswerListener {
  #isOffered = true;
  #isForbidden = false;
  #isClosed = false;
  #wasOpen: boolean;
  /** The last reported reason for which the stream was not opened. */
  #told: string | undefined;
  readonly #tell: (message: JsonRpcMessage) => void;
  readonly #cancellation = new Cancellation();
  readonly #resumption = new Resumption();

  constructor(
    private readonly client: HttpClient,
    private readonly listener: StandaloneListener,
    /** The headers for opening the stream. */
    private readonly headers: () => RequestHeaders,
    /** The last event that another connection has read. */
    lastEventId?: string,
  ) {
    this.#resumption.lastEventId = lastEventId;
    this.#wasOpen = lastEventId !== undefined;
    // Messages must not get the async context of a request whose connection this stream may use.
    this.#tell = AsyncResource.bind((message: JsonRpcMessage) => {
      listener.message(message);
    });
  }

  /** Whether the server may send something here, now or later. */
  get isOffered(): boolean {
    return this.#isOffered;
  }

  /** The last event that was read, if the server names its events. */
  get lastEventId(): string | undefined {
    return this.#resumption.lastEventId;
  }

  /** Resolves when the server has answered for the first time. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      void this.#keepOpen(resolve);
    });
  }

  /** Asks for the stream at once if that was due later, or if the server refused it for lack of credentials. */
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
    this.#cancellation.cancel();
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

  /** Waits until it is time to ask again. @returns whether to ask */
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
    // Resuming would only bring the same text again.
    if (cut instanceof TooLong || isUndecodable(cut)) this.#resumption.lastEventId = undefined;
  }

  async #ask(): Promise<HttpAnswer | undefined> {
    try {
      const answer = await this.client.get(this.#resumption.lastEventId, this.headers(), this.#cancellation);
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
    // A restarted server knows no earlier events.
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
