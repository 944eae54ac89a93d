import { AsyncResource } from 'node:async_hooks';
import { after } from '../../clock.js';
import { endsWithin } from '../../ends-within.js';
import { errorAnswer, reasonOf } from '../../error-answers.js';
import { LostAnswer } from '../../lost-answer.js';
import { onlyMeantBy } from '../../long-ids.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../../routing/message.js';
import { Cancellation } from '../cancellation.js';
import { isAnswerTo, isNameless, namelessErrorIn, passOn, tellMessages, type MessageListener } from '../messages.js';
import { LAST_WORDS_MS, readAnswer, TooLong, type AnswerListener } from './answer-reader.js';
import { isUndecodable } from './decoded-body.js';
import type { HttpAnswer, RequestHeaders } from './http-answer.js';
import type { HttpClient } from './http-client.js';
import { isEventStream, isTaken, mayBeResumedLater } from './response-head.js';
import { Resumption } from './resumption.js';

/** After this many failed attempts in a row, a stream is not resumed again. */
const MAX_ATTEMPTS = 5;

/** How long we look for an answer in an event stream that has an error status. */
const REFUSAL_TIMEOUT_MS = 2_000;

/** Receives the messages that arrive in the answer to a request. */
export interface CallListener extends MessageListener {
  /** The backend closed the stream of this request before it answered: the client should poll. */
  polled(id: RequestId): void;
}

/**
 * One request and its answer, over as many connections as the answer takes. If the answer breaks off and cannot be
 * resumed, an error takes its place. The caller gets exactly one answer.
 */
export class HttpCall implements AnswerListener {
  #isAnswered = false;
  #isTakenBack = false;
  /** An error that names no request. It answers this request, the only one that was posted. */
  #namelessError: unknown;
  /** An invalid answer came that names no request. */
  #isLost = false;
  #onAnswer: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;
  /** Messages in the answer keep the async context of this request, even if another request opened the connection. */
  readonly #context = new AsyncResource('mcp-backchannel:call');
  readonly #cancellation = new Cancellation();
  readonly #resumption = new Resumption();

  constructor(
    readonly id: RequestId,
    private readonly client: HttpClient,
    private readonly listener: CallListener,
    /** The headers for resuming the stream. */
    private readonly headers: () => RequestHeaders,
  ) {}

  /** Nobody waits for the answer any more. */
  get isOver(): boolean {
    return this.#cancellation.isCancelled;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** @returns the head of the answer */
  post(body: string, headers: RequestHeaders): Promise<HttpAnswer> {
    return this.client.post(body, headers, this.#cancellation);
  }

  /** Reads the answer to its end. @param unanswered is called with the reason if nothing in it answers the request */
  async follow(answer: HttpAnswer, unanswered: (reason: string) => void): Promise<void> {
    let cut: Error | undefined;
    for (let part: HttpAnswer | undefined = answer; part !== undefined; part = await this.#resume()) {
      cut = await readAnswer(part, this);
      if (cut !== undefined) this.error(new Error(`the stream of an answer broke: ${reasonOf(cut)}`, { cause: cut }));
      if (this.#isAnswered || this.isOver || isUnreadable(cut)) break;
      if (cut === undefined && this.#resumption.lastEventId !== undefined) this.listener.polled(this.id);
    }
    this.#stopTimer?.();
    if (this.#isAnswered || this.isOver || this.#isTakenBack) return;
    if (this.#namelessError !== undefined) this.message({ jsonrpc: '2.0', id: this.id, error: this.#namelessError });
    else if (isUnreadable(cut))
      unanswered(`The backend's answer to this request was not read to its end: ${reasonOf(cut)}`);
    else if (this.#isLost) this.giveUp('The backend sent no valid answer to this request');
    else unanswered('The backend broke off its answer to this request, which cannot be resumed');
  }

  /** Reads an event stream that has an error status: it may hold the answer. */
  async lookInto(refusal: HttpAnswer): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#onAnswer = resolve));
    await endsWithin(REFUSAL_TIMEOUT_MS, Promise.race([answered, readAnswer(refusal, this)]));
    refusal.body.destroy();
  }

  /**
   * Passes on the answer in this text, if there is one.
   *
   * @param mayBeNameless whether an error that names no request counts as the answer
   */
  answerWith(text: string, mayBeNameless: boolean): void {
    if (isAnswerTo(this.id, text)) tellMessages(text, this);
    const error = mayBeNameless && !this.#isAnswered ? namelessErrorIn(text) : undefined;
    if (error !== undefined) this.message({ jsonrpc: '2.0', id: this.id, error });
  }

  /** Answers the request with our own error. */
  giveUp(reason: string): void {
    this.message(errorAnswer(this.id, reason));
  }

  /** The client cancelled the request. Many servers then never answer, and leave the connection open. */
  takeBack(graceMs: number): void {
    this.#isTakenBack = true;
    this.#resumption.wake();
    this.#endAfter(graceMs);
  }

  cancel(): void {
    this.#stopTimer?.();
    this.#cancellation.cancel();
    this.#resumption.wake();
  }

  get maxMessage(): number {
    return this.listener.maxMessage;
  }

  message(read: JsonRpcMessage): void {
    const message = this.#withItsId(read);
    const isAnswer = message.id === this.id && message.method === undefined;
    if (this.isOver || (isAnswer && this.#isAnswered)) return;
    this.#resumption.attempts = 0;
    if (!isAnswer && message.method === undefined && isNameless(message.id)) this.#namelessError ??= message.error;
    if (isAnswer) {
      this.#isAnswered = true;
      this.#onAnswer?.();
      this.#endAfter(LAST_WORDS_MS);
    }
    this.#context.runInAsyncScope(passOn, undefined, this.listener, message);
  }

  /** A backend may round an id that is too long for it. */
  #withItsId(message: JsonRpcMessage): JsonRpcMessage {
    if (!isResponse(message) || message.id === this.id) return message;
    return onlyMeantBy(message.id, [this.id]) === undefined ? message : { ...message, id: this.id };
  }

  resumableAfter(eventId: string): void {
    this.#resumption.resumableAfter(eventId);
  }

  retryAfter(ms: number): void {
    this.#resumption.retryAfter(ms);
  }

  error(error: Error): void {
    if (error instanceof LostAnswer && error.details.isWhole === true) {
      this.#isLost = true;
      this.#namelessError ??= error.details.error;
    }
    if (!this.isOver) this.listener.error(error instanceof LostAnswer ? error.orAbout(this.id) : error);
  }

  refuse(answer: JsonRpcMessage): void {
    this.listener.refuse(answer);
  }

  #endAfter(ms: number): void {
    this.#stopTimer?.();
    this.#stopTimer = after(ms, () => {
      this.cancel();
    });
  }

  /** @returns the rest of the answer, or nothing if it is not available */
  async #resume(): Promise<HttpAnswer | undefined> {
    const resumption = this.#resumption;
    while (resumption.lastEventId !== undefined && resumption.attempts < MAX_ATTEMPTS) {
      if (!this.#isTakenBack && !this.isOver) await resumption.pause();
      if (this.#isTakenBack || this.isOver) return undefined;
      resumption.attempts++;
      try {
        const part = await this.client.get(resumption.lastEventId, this.headers(), this.#cancellation);
        if (isTaken(part) && isEventStream(part)) return part;
        part.body.destroy();
        this.#notResumed(`the backend answers ${part.statusCode}`);
        if (!mayBeResumedLater(part)) return undefined;
      } catch (error) {
        this.#notResumed(reasonOf(error));
      }
    }
    return undefined;
  }

  #notResumed(reason: string): void {
    this.error(new Error(`the stream of an answer was not resumed: ${reason}`));
  }
}

/** Whether resuming would only bring the same unreadable text again. */
function isUnreadable(cut: Error | undefined): boolean {
  return cut instanceof TooLong || (cut !== undefined && isUndecodable(cut));
}
