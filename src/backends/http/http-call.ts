import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { after } from '../../clock.js';
import { errorAnswer, reasonOf } from '../../error-answers.js';
import type { JsonRpcMessage, RequestId } from '../../routing/message.js';
import { readAnswer, TooLong, type AnswerListener } from './answer-reader.js';
import { isEventStream, mayBeResumedLater } from './response-head.js';
import type { MessageListener } from '../messages.js';
import { Resumption } from './resumption.js';
import type { HttpClient } from './http-client.js';

/** How often in a row a stream is resumed in vain. */
const MAX_ATTEMPTS = 5;

/** A server should end its stream after the answer, and need not. */
const LAST_WORDS_MS = 1_000;

/** Who is told what a backend says in the answer to a request. */
export interface CallListener extends MessageListener {
  /** The backend has closed the stream of this request before its answer: whoever waits for that is to poll. */
  polled(id: RequestId): void;
}

/**
 * The answer to a request, however many connections it takes. When it breaks off and cannot be resumed, an error takes
 * its place: whoever waits for it gets one answer, and never two.
 */
export class HttpCall implements AnswerListener {
  #isAnswered = false;
  #isTakenBack = false;
  #stopTimer: (() => void) | undefined;
  readonly #tell: (message: JsonRpcMessage) => void;
  readonly #aborter = new AbortController();
  readonly #resumption = new Resumption();

  constructor(
    readonly id: RequestId,
    private readonly wire: HttpClient,
    private readonly listener: CallListener,
  ) {
    // What comes in the answer to a request is said on its behalf, also on a connection that another has opened.
    this.#tell = AsyncResource.bind((message: JsonRpcMessage) => {
      listener.message(message);
    });
  }

  /** Nobody waits for it any more. */
  get isOver(): boolean {
    return this.#aborter.signal.aborted;
  }

  /** @returns the head of the answer */
  post(body: string): Promise<IncomingMessage> {
    return this.wire.post(body, this.#aborter.signal);
  }

  /** Reads it to its end. */
  async follow(answer: IncomingMessage): Promise<void> {
    let cut: Error | undefined;
    for (let part: IncomingMessage | undefined = answer; part !== undefined; part = await this.#resume()) {
      cut = await readAnswer(part, this);
      if (cut !== undefined) this.error(new Error(`the stream of an answer broke: ${reasonOf(cut)}`, { cause: cut }));
      if (this.#isAnswered || this.isOver || cut instanceof TooLong) break;
      if (cut === undefined && this.#resumption.lastEventId !== undefined) this.listener.polled(this.id);
    }
    this.#stopTimer?.();
    if (this.#isAnswered) return;
    const what =
      cut instanceof TooLong
        ? `The backend's answer to this request was not read to its end: ${reasonOf(cut)}`
        : 'The backend broke off its answer to this request, which cannot be resumed';
    this.message(errorAnswer(this.id, what));
  }

  /** Nobody waits for it any more: many servers do not answer then, and leave the connection open. */
  takeBack(graceMs: number): void {
    this.#isTakenBack = true;
    this.#resumption.wake();
    this.#endAfter(graceMs);
  }

  cancel(): void {
    this.#stopTimer?.();
    this.#aborter.abort();
    this.#resumption.wake();
  }

  message(message: JsonRpcMessage): void {
    const isAnswer = message.id === this.id && message.method === undefined;
    if (this.isOver || (isAnswer && this.#isAnswered)) return;
    this.#resumption.attempts = 0;
    if (isAnswer) {
      this.#isAnswered = true;
      this.#endAfter(LAST_WORDS_MS);
    }
    this.#tell(message);
  }

  resumableAfter(eventId: string): void {
    this.#resumption.resumableAfter(eventId);
  }

  retryAfter(ms: number): void {
    this.#resumption.retryAfter(ms);
  }

  error(error: Error): void {
    if (!this.isOver) this.listener.error(error);
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

  /** @returns what follows; nothing, where that is not to be had */
  async #resume(): Promise<IncomingMessage | undefined> {
    const resumption = this.#resumption;
    while (resumption.lastEventId !== undefined && resumption.attempts < MAX_ATTEMPTS) {
      if (!this.#isTakenBack && !this.isOver) await resumption.pause();
      if (this.#isTakenBack || this.isOver) return undefined;
      resumption.attempts++;
      try {
        const part = await this.wire.get(resumption.lastEventId, this.#aborter.signal);
        if (isEventStream(part)) return part;
        part.destroy();
        this.#notResumed(`the backend answers ${part.statusCode ?? 'nothing'}`);
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
