import { BriefMap } from '../../routing/brief-map.js';
import { AsyncResource } from 'node:async_hooks';
import { errorAnswer } from '../../error-answers.js';
import { LostAnswer } from '../../lost-answer.js';
import { SUBSCRIPTION_ID_KEY } from '../../modern-era.js';
import {
  isNotification,
  isRequest,
  isResponse,
  metaOf,
  reportedTokenOf,
  type JsonRpcMessage,
} from '../../routing/message.js';
import { METHOD_NOT_FOUND } from '../../rpc-codes.js';
import { stampOf, withoutStamp } from '../../routing/stamp.js';
import type { TransportLike } from '../../transport-like.js';
import type { ExchangeListener, Exchange } from './exchange.js';
import { PipeExchange } from './pipe-exchange.js';
import { Wire } from './wire.js';

/** No client uses ids with this prefix. A late answer to us must not pass for one to the client. */
const PREFIX = 'mcp-backchannel:modern:';

/** Sends all requests through one pipe. Whose a message is then has to be found out. */
export class PipeWire extends Wire {
  readonly hasHeaders = false;
  #lastId = 0;
  readonly #exchanges = new BriefMap<unknown, PipeExchange>();
  /** Messages that belong to no request must not get the async context of one. */
  readonly #context = new AsyncResource('mcp-backchannel:pipe');

  /** @param closed is told that the server has closed the pipe */
  constructor(
    private readonly pipe: TransportLike,
    private readonly listener: ExchangeListener,
    closed: () => void,
  ) {
    super();
    pipe.onmessage = (message: JsonRpcMessage) => {
      this.#received(message);
    };
    pipe.onerror = (error) => {
      this.#failed(error);
    };
    pipe.onclose = () => {
      for (const exchange of this.#exchanges.values()) exchange.lost('The backend has closed the connection');
      closed();
    };
  }

  open(listener: ExchangeListener = this.listener): Exchange {
    const exchange = new PipeExchange(`${PREFIX}${++this.#lastId}`, this.pipe, () => this.facts, listener, {
      sent: () => this.#exchanges.set(exchange.id, exchange),
      over: () => this.#exchanges.delete(exchange.id),
    });
    return exchange;
  }

  start(): Promise<void> {
    return this.pipe.start();
  }

  close(): Promise<void> {
    return this.pipe.close();
  }

  usePassed(): void {
    // A pipe has no headers.
  }

  #received(message: JsonRpcMessage): void {
    if (isResponse(message)) this.#exchanges.get(message.id)?.answered(message);
    else if (isRequest(message)) this.#refuse(message.id);
    else if (isNotification(message)) this.#passOn(message);
  }

  /** A server of this revision asks in results only. */
  #refuse(id: unknown): void {
    this.listener.error(new SyntaxError('the backend sent a request, which its revision does not know'));
    const error = { code: METHOD_NOT_FOUND, message: 'Requests of servers are no part of revision 2026-07-28' };
    this.pipe.send({ jsonrpc: '2.0', id, error }).catch(() => undefined);
  }

  #passOn(message: JsonRpcMessage): void {
    const stamp = stampOf(message);
    const clean = stamp === undefined ? message : withoutStamp(message);
    const owner = this.#ownerOf(message, stamp);
    if (owner !== undefined) owner.message(clean);
    else
      this.#context.runInAsyncScope(() => {
        this.listener.message(clean);
      });
  }

  /** The request for which this was sent: it says so itself, or no other is under way. */
  #ownerOf(message: JsonRpcMessage, stamp: unknown): PipeExchange | undefined {
    const subscription = metaOf(message)?.[SUBSCRIPTION_ID_KEY];
    const known = this.#exchanges.get(stamp) ?? this.#exchanges.get(subscription);
    if (known !== undefined) return known;
    const calls = [...this.#exchanges.values()].filter(({ isSubscription }) => !isSubscription);
    const token = reportedTokenOf(message);
    if (token !== undefined) return calls.find((exchange) => exchange.token === token);
    return calls.length === 1 ? calls[0] : undefined;
  }

  /** Only we know the ids that the server knows. */
  #failed(error: Error): void {
    if (!(error instanceof LostAnswer)) {
      this.listener.error(error);
      return;
    }
    this.listener.error(new SyntaxError(error.message));
    const { about } = error.details;
    const [only, ...others] = this.#exchanges.values();
    const meant = about === undefined && others.length === 0 ? only : this.#exchanges.get(about);
    meant?.answered(errorAnswer(meant.id, 'The backend sent no valid answer to this request'));
  }
}
