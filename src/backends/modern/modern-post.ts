import { AsyncResource } from 'node:async_hooks';
import { after } from '../../clock.js';
import { errorAnswer, reasonOf } from '../../error-answers.js';
import { asksForCredentials } from '../../http-status.js';
import { LostAnswer } from '../../lost-answer.js';
import { isNotification, isResponse, type JsonRpcMessage, type ResponseMessage } from '../../routing/message.js';
import { Cancellation } from '../cancellation.js';
import { LAST_WORDS_MS, readAnswer, type AnswerListener } from '../http/answer-reader.js';
import type { HttpAnswer, RequestHeaders } from '../http/http-answer.js';
import type { HttpClient } from '../http/http-client.js';
import { refusalIn, textOf } from '../http/refusal.js';
import { ACCEPTED, isEventStream, isJson, isTaken } from '../http/response-head.js';
import { isNameless, namelessErrorIn, passOn, tellMessages } from '../messages.js';
import type { Exchange, ExchangeListener, Sent } from './exchange.js';

/** A request as it is sent. */
interface Written {
  readonly body: string;
  readonly headers: RequestHeaders;
}

interface PostOptions {
  /** How many characters a message may have. */
  readonly maxMessage: number;
  /** Hides secrets in a text that may have been cut off. */
  readonly redactCut: ((text: string) => string) | undefined;
}

/** Whether the body is that of a request which the server has taken. */
function isAnswering(head: HttpAnswer): boolean {
  return isTaken(head) && head.statusCode !== ACCEPTED && (isEventStream(head) || isJson(head));
}

/** One POST and its answer. Nothing of it can be resumed: its end is the end of the request. */
export class ModernPost implements Exchange, AnswerListener {
  readonly answer: Promise<ResponseMessage>;
  #answered!: (answer: ResponseMessage) => void;
  #isAnswered = false;
  /** An error that names no request. It answers this request, the only one that was posted. */
  #namelessError: unknown;
  #stopTimer: (() => void) | undefined;
  /** Messages in the answer keep the async context of this request, even if another request opened the connection. */
  readonly #context = new AsyncResource('mcp-backchannel:post');
  readonly #cancellation = new Cancellation();

  constructor(
    private readonly id: number,
    private readonly client: HttpClient,
    /** Makes the body and the headers of the request with this id. */
    private readonly write: (id: number, request: Sent, own: RequestHeaders | undefined) => Written,
    private readonly listener: ExchangeListener,
    private readonly options: PostOptions,
  ) {
    this.answer = new Promise((resolve) => (this.#answered = resolve));
  }

  get maxMessage(): number {
    return this.options.maxMessage;
  }

  /** Resolves with the head of the answer, but after the body of a refusal. */
  async send(request: Sent, own?: RequestHeaders): Promise<void> {
    const { body, headers } = this.write(this.id, request, own);
    const head = await this.client.post(body, headers, this.#cancellation);
    if (isAnswering(head)) void this.#read(head);
    else await this.#refused(head);
  }

  /** The server takes the end of the connection for the end of the request. */
  cancel(): void {
    this.#stopTimer?.();
    this.#cancellation.cancel();
  }

  message(message: JsonRpcMessage): void {
    if (this.#cancellation.isCancelled || this.#isAnswered) return;
    if (isNotification(message)) {
      this.#context.runInAsyncScope(passOn, undefined, this.listener, message);
    } else if (isResponse(message) && message.id === this.id) {
      this.#answerWith(message);
      this.#stopTimer = after(LAST_WORDS_MS, () => {
        this.cancel();
      });
    } else if (message.method === undefined && isNameless(message.id)) {
      this.#namelessError ??= message.error;
    } else {
      this.error(new SyntaxError('the backend sent a message that has no place in the answer to a request'));
    }
  }

  error(error: Error): void {
    if (error instanceof LostAnswer) this.#namelessError ??= error.details.error;
    if (this.#cancellation.isCancelled) return;
    // Others would take it for the answer to one of their own requests.
    this.listener.error(error instanceof LostAnswer ? new SyntaxError(error.message) : error);
  }

  refuse(): void {
    // There is no way to answer a server that is not to ask.
  }

  resumableAfter(): void {
    // Nothing can be resumed.
  }

  retryAfter(): void {
    // Nor is it tried.
  }

  async #read(head: HttpAnswer): Promise<void> {
    const cut = await readAnswer(head, this);
    this.#stopTimer?.();
    if (this.#isAnswered) return;
    if (this.#namelessError !== undefined) {
      this.#answerWith({ jsonrpc: '2.0', id: this.id, error: this.#namelessError });
      return;
    }
    if (cut !== undefined) this.error(new Error(`the stream of an answer broke: ${reasonOf(cut)}`, { cause: cut }));
    const why = cut === undefined ? '' : `: ${reasonOf(cut)}`;
    const text = `The backend broke off its answer to this request, which may or may not have run${why}`;
    this.#answerWith(errorAnswer(this.id, text));
  }

  async #refused(head: HttpAnswer): Promise<void> {
    const body = await textOf(head);
    const { redactCut = (text: string) => text } = this.options;
    const refusal = refusalIn(head, this.client.url, body, redactCut);
    if (asksForCredentials(head.statusCode, head.headers) || !body.isWhole) throw refusal;
    const error = namelessErrorIn(body.text);
    if (error !== undefined) this.#answerWith({ jsonrpc: '2.0', id: this.id, error });
    else
      tellMessages(body.text, { ...silent, maxMessage: this.maxMessage, message: (message) => this.message(message) });
    this.#stopTimer?.();
    if (!this.#isAnswered) throw refusal;
  }

  #answerWith(answer: ResponseMessage): void {
    this.#isAnswered = true;
    this.#answered(answer);
  }
}

/** A refusal that holds no message is reported as what it is. */
const silent = { error: () => undefined, refuse: () => undefined };
