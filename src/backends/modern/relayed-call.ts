import { withChangedText } from '../../changed-text.js';
import { eventOf } from '../../event-text.js';
import { jsonOf } from '../../json-messages.js';
import { isRpcError } from '../../lost-answer.js';
import { HEADER_MISMATCH, MISSING_CAPABILITY, SUBSCRIPTION_ID_KEY, UNSUPPORTED_VERSION } from '../../modern-era.js';
import type { RelayListener } from '../../modern-relay.js';
import { isRecord, metaOf, progressTokenOf, reportedTokenOf } from '../../routing/message.js';
import type { JsonRpcMessage, RequestId, RequestMessage, ResponseMessage } from '../../routing/message.js';
import { METHOD_NOT_FOUND } from '../../rpc-codes.js';
import { TAKES_STAMPS_KEY } from '../../routing/stamp.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** The statuses of a server over HTTP for these errors. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [METHOD_NOT_FOUND, 404],
  [HEADER_MISMATCH, 400],
  [MISSING_CAPABILITY, 400],
  [UNSUPPORTED_VERSION, 400],
]);

/** A request of a client, as a server knows it that serves many clients through one pipe. */
export class RelayedCall {
  /** The request with our id, which is its progress token, too. */
  readonly request: JsonRpcMessage;
  readonly #clientId: RequestId;
  readonly #token: RequestId | undefined;
  #isStream = false;

  constructor(
    readonly id: string,
    request: RequestMessage,
    private readonly acceptsStream: boolean,
    readonly listener: RelayListener,
  ) {
    this.#clientId = request.id;
    this.#token = progressTokenOf(request);
    const token = this.#token === undefined ? {} : { progressToken: id };
    this.request = withChangedText({ ...withMeta(request, { ...token, [TAKES_STAMPS_KEY]: true }), id }, request);
  }

  /** Passes on what comes before the answer. */
  notify(message: JsonRpcMessage): void {
    if (!this.acceptsStream) return;
    this.#isStream = true;
    this.listener.events(eventOf(jsonOf(this.#named(message))));
  }

  answer(message: ResponseMessage): void {
    const text = jsonOf(this.#named(withChangedText({ ...message, id: this.#clientId }, message)));
    if (this.#isStream) {
      this.listener.events(eventOf(text));
      this.listener.ended();
      return;
    }
    const status = isRpcError(message.error) ? STATUSES.get(message.error.code) : undefined;
    this.listener.whole(status ?? 200, JSON_TYPE, text);
  }

  /** The message with the client's own names for its request. */
  #named<M extends JsonRpcMessage>(message: M): M {
    let named = message;
    if (metaOf(message)?.[SUBSCRIPTION_ID_KEY] === this.id)
      named = withMeta(named, { [SUBSCRIPTION_ID_KEY]: this.#clientId });
    if (this.#token !== undefined && reportedTokenOf(message) === this.id)
      named = { ...named, params: { ...Object(named.params), progressToken: this.#token } };
    const { result } = message;
    if (isRecord(result) && isRecord(result['_meta']) && result['_meta'][SUBSCRIPTION_ID_KEY] === this.id)
      named = { ...named, result: { ...result, _meta: { ...result['_meta'], [SUBSCRIPTION_ID_KEY]: this.#clientId } } };
    return named === message ? message : withChangedText(named, message);
  }
}

function withMeta<M extends JsonRpcMessage>(message: M, added: Readonly<Record<string, unknown>>): M {
  const params = isRecord(message.params) ? message.params : {};
  return { ...message, params: { ...params, _meta: { ...metaOf(message), ...added } } };
}
