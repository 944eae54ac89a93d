import { reasonOf } from '../../error-answers.js';
import { asError } from '../../errors.js';
import { SUBSCRIBE, SUBSCRIPTION_ID_KEY } from '../../modern-era.js';
import { isRpcError } from '../../lost-answer.js';
import { isRecord, type JsonRpcMessage } from '../../routing/message.js';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from '../../rpc-codes.js';
import type { Exchange, ExchangeListener } from './exchange.js';

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

/** Codes of a server that will not offer these changes later either. */
const NOT_OFFERED: ReadonlySet<number> = new Set([METHOD_NOT_FOUND, INVALID_PARAMS]);

/** What the client wants to be told of. */
export interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
}

/** How a subscription ended. */
export interface SubscriptionEnd {
  readonly reason: string;
  /** The server offers none of this, now or later. */
  readonly isFinal: boolean;
}

/** Opens the exchange of a subscription. */
export type OpenExchange = (listener: ExchangeListener) => Exchange;

/**
 * One stream of changes, from the request for it to its end.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export class Subscription {
  /** Resolves with whether the server has said that it will tell of changes. */
  readonly acknowledged: Promise<boolean>;
  readonly ended: Promise<SubscriptionEnd>;
  #acknowledge!: (isSo: boolean) => void;
  #isEmpty = false;
  readonly #exchange: Exchange;

  constructor(
    open: OpenExchange,
    filter: Filter,
    private readonly listener: ExchangeListener,
  ) {
    this.acknowledged = new Promise((resolve) => (this.#acknowledge = resolve));
    this.#exchange = open({
      message: (message) => {
        this.#received(message);
      },
      error: (error) => {
        listener.error(error);
      },
    });
    this.ended = this.#run(filter).finally(() => {
      this.#acknowledge(false);
    });
  }

  close(): void {
    this.#exchange.cancel();
  }

  async #run(filter: Filter): Promise<SubscriptionEnd> {
    try {
      await this.#exchange.send({ method: SUBSCRIBE, params: { notifications: filter } });
      const { error } = await this.#exchange.answer;
      if (!isRpcError(error)) return { reason: 'the backend ended it', isFinal: this.#isEmpty };
      return { reason: error.message, isFinal: NOT_OFFERED.has(error.code) };
    } catch (error) {
      return { reason: reasonOf(asError(error)), isFinal: false };
    }
  }

  #received(message: JsonRpcMessage): void {
    if (message.method !== ACKNOWLEDGED) {
      this.listener.message(untagged(message));
      return;
    }
    const honored = isRecord(message.params) ? message.params['notifications'] : undefined;
    this.#isEmpty = isRecord(honored) && Object.keys(honored).length === 0;
    this.#acknowledge(true);
  }
}

/** Without the name of the subscription, which is ours. */
function untagged(message: JsonRpcMessage): JsonRpcMessage {
  const { params } = message;
  if (!isRecord(params) || !isRecord(params['_meta'])) return message;
  const { [SUBSCRIPTION_ID_KEY]: _id, ...meta } = params['_meta'];
  const { _meta: _old, ...kept } = params;
  const isEmpty = Object.keys(meta).length === 0;
  const { params: _params, ...fields } = message;
  if (isEmpty && Object.keys(kept).length === 0) return fields;
  return { ...fields, params: isEmpty ? kept : { ...kept, _meta: meta } };
}
