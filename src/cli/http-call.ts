import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { after, MAX_TIMEOUT_MS } from '../clock.js';
import { errorAnswer, reasonOf } from '../proxy/answers.js';
import { mayPass } from '../proxy/probe.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import { readAnswer, type AnswerListener } from './answer-reader.js';
import { isEventStream } from './http-head.js';
import type { Wire } from './wire.js';

/** How often in a row a stream is resumed in vain, and how long is waited before, where the server does not say. */
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 1_000;
const PAUSE_GROWTH = 1.5;

export interface CallListener {
  message(message: JsonRpcMessage): void;
  error(error: Error): void;
}

/**
 * The answer to a request, however many connections it takes. When it breaks off and cannot be resumed, an error takes
 * its place: whoever waits for it gets one answer, and never two.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class HttpCall implements AnswerListener {
  #isAnswered = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  /** To resume, since something came. */
  #attempts = 0;
  #wake: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;
  readonly #tell: (message: JsonRpcMessage) => void;
  readonly #aborter = new AbortController();

  constructor(
    readonly id: RequestId,
    private readonly wire: Wire,
    private readonly url: URL,
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
  post(headers: OutgoingHttpHeaders, body: string): Promise<IncomingMessage> {
    return this.#exchange('POST', headers, body);
  }

  /** Reads it to its end. @param headers for the requests that resume it */
  async follow(answer: IncomingMessage, headers: OutgoingHttpHeaders): Promise<void> {
    for (let part: IncomingMessage | undefined = answer; part !== undefined; part = await this.#resume(headers)) {
      const cut = await readAnswer(part, this);
      if (cut !== undefined) this.error(new Error(`the stream of an answer broke: ${reasonOf(cut)}`, { cause: cut }));
      if (this.#isAnswered || this.isOver) break;
    }
    this.#stopTimer?.();
    if (!this.#isAnswered) this.#missing();
  }

  #missing(): void {
    this.message(errorAnswer(this.id, 'The backend broke off its answer to this request, which cannot be resumed'));
  }

  /** Nobody waits for it any more: many servers do not answer then, and leave the connection open. */
  cancel(graceMs = 0): void {
    this.#stopTimer?.();
    if (graceMs > 0) {
      this.#stopTimer = after(graceMs, () => {
        this.cancel();
      });
      return;
    }
    this.#aborter.abort();
    this.#wake?.();
  }

  message(message: JsonRpcMessage): void {
    const isAnswer = message.id === this.id && message.method === undefined;
    if (this.isOver || (isAnswer && this.#isAnswered)) return;
    this.#isAnswered ||= isAnswer;
    this.#attempts = 0;
    this.#tell(message);
  }

  resumableAfter(eventId: string): void {
    this.#attempts = 0;
    this.#lastEventId = eventId;
  }

  retryAfter(ms: number): void {
    this.#retryMs = Math.min(ms, MAX_TIMEOUT_MS);
  }

  error(error: Error): void {
    if (!this.isOver) this.listener.error(error);
  }

  /** @returns what follows; nothing, where that is not to be had */
  async #resume(headers: OutgoingHttpHeaders): Promise<IncomingMessage | undefined> {
    while (this.#lastEventId !== undefined && this.#attempts < MAX_ATTEMPTS) {
      await this.#pause(this.#retryMs ?? FIRST_PAUSE_MS * PAUSE_GROWTH ** this.#attempts);
      if (this.isOver) return undefined;
      this.#attempts++;
      try {
        const last = { 'last-event-id': this.#lastEventId };
        const part = await this.#exchange('GET', { ...headers, accept: 'text/event-stream', ...last });
        if (isEventStream(part)) return part;
        part.destroy();
        this.#notResumed(`the backend answers ${part.statusCode ?? 'nothing'}`);
        if (!mayPass(part.statusCode)) return undefined;
      } catch (error) {
        this.#notResumed(reasonOf(error));
      }
    }
    return undefined;
  }

  #exchange(method: 'GET' | 'POST', headers: OutgoingHttpHeaders, body?: string): Promise<IncomingMessage> {
    return this.wire.exchange(this.url, { method, headers, signal: this.#aborter.signal }, body);
  }

  #notResumed(reason: string): void {
    this.error(new Error(`the stream of an answer was not resumed: ${reason}`));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
