import { AsyncResource } from 'node:async_hooks';
import { errorAnswer } from '../../error-answers.js';
import { SUBSCRIBE } from '../../modern-era.js';
import { keepText } from '../../original-text.js';
import { progressTokenOf, type JsonRpcMessage, type RequestId, type ResponseMessage } from '../../routing/message.js';
import type { TransportLike } from '../../transport-like.js';
import { TAKES_STAMPS_KEY } from '../../routing/stamp.js';
import { withEnvelope, type ClientFacts, type Fields } from './envelope.js';
import type { Exchange, ExchangeListener, Sent } from './exchange.js';
import { requestText } from './exact-text.js';

interface Bookkeeping {
  sent(): void;
  over(): void;
}

/** One request through a pipe, and its answer. */
export class PipeExchange implements Exchange {
  readonly answer: Promise<ResponseMessage>;
  /** The progress token that the client has given. */
  token: RequestId | undefined;
  isSubscription = false;
  #isOver = false;
  #answered!: (answer: ResponseMessage) => void;
  /** Messages keep the async context of their request. */
  readonly #context = new AsyncResource('mcp-backchannel:exchange');

  constructor(
    readonly id: string,
    private readonly pipe: TransportLike,
    private readonly facts: () => ClientFacts,
    private readonly listener: ExchangeListener,
    private readonly books: Bookkeeping,
  ) {
    this.answer = new Promise((resolve) => (this.#answered = resolve));
  }

  async send({ method, params, original }: Sent): Promise<void> {
    const { id } = this;
    const enveloped = withEnvelope(params, this.facts());
    const meta = { ...(enveloped['_meta'] as Fields), [TAKES_STAMPS_KEY]: true };
    const message = { jsonrpc: '2.0', id, method, params: { ...enveloped, _meta: meta } };
    keepText(message, requestText(id, method, message.params, original));
    this.token = progressTokenOf(message);
    this.isSubscription = method === SUBSCRIBE;
    this.books.sent();
    try {
      await this.pipe.send(message);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  cancel(): void {
    if (this.#isOver) return;
    this.lost('The request was cancelled');
    const params = { requestId: this.id, reason: 'the client has cancelled it' };
    this.pipe.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params }).catch(() => undefined);
  }

  message(message: JsonRpcMessage): void {
    this.#context.runInAsyncScope(() => {
      this.listener.message(message);
    });
  }

  answered(answer: ResponseMessage): void {
    if (this.#isOver) return;
    this.#end();
    this.#answered(answer);
  }

  lost(reason: string): void {
    this.answered(errorAnswer(this.id, reason));
  }

  #end(): void {
    this.#isOver = true;
    this.books.over();
  }
}
