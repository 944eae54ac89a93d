import { withoutMemberAt } from '../json-text.js';
import { keepText, originalText } from '../original-text.js';
import { isMethodMessage, isRequest, isRequestId, isResponse, type JsonRpcMessage } from '../routing/message.js';
import { STAMP_PATH, stampOf, withoutStamp } from '../routing/stamp.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import type { Interceptor } from './facade.js';
import { currentOrigin, onNobodysBehalf, onSaidBehalfOf } from './origin.js';
import { SentRequests } from './sent-requests.js';

/**
 * The wrapper around the transport that faces the backend. A reader that outlives a request (of a child's stdout, a GET
 * stream or a socket) is created in `start()`, or by a send that expects no answer. It must not carry the context of the
 * request that happened to create it. The answer to a request is read on behalf of that request.
 *
 * A message with a stamp is handled on behalf of the request that the stamp names. The stamp goes no further.
 */
export class Upstream implements Interceptor {
  readonly methods: readonly string[] = ['start', 'send'];
  readonly properties: readonly string[] = ['onmessage'];
  readonly #sent = new SentRequests();
  #onmessage: MessageHandler | undefined;

  constructor(private readonly inner: TransportLike) {
    // A callback that was set before wrapping stays set.
    if (inner.onmessage !== undefined) this.onmessage = inner.onmessage;
  }

  start(): Promise<void> {
    this.#sent.clear();
    return onNobodysBehalf(() => this.inner.start());
  }

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#onmessage = handler;
    this.inner.onmessage =
      handler &&
      ((message: JsonRpcMessage, extra?: unknown) => {
        this.#receive(message, extra);
      });
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    // A batch gets one answer as a whole.
    if (Array.isArray(message)) {
      for (const one of message as JsonRpcMessage[]) this.#note(one);
      return this.#sendOut(message, message.some(isRequest), options);
    }
    this.#note(message);
    return this.#sendOut(message, isRequest(message), options);
  }

  #note(message: JsonRpcMessage): void {
    if (!isRequest(message)) return;
    const origin = currentOrigin();
    // An earlier request may have had the same id.
    if (origin === undefined) this.#sent.forget(message.id);
    else this.#sent.sent(message.id, origin);
  }

  #sendOut(message: JsonRpcMessage, isAnswered: boolean, options?: SendOptions): Promise<void> {
    return isAnswered ? this.inner.send(message, options) : onNobodysBehalf(() => this.inner.send(message, options));
  }

  #receive(message: JsonRpcMessage, extra: unknown): void {
    const { method } = Object(message) as JsonRpcMessage;
    const stamp = typeof method === 'string' ? stampOf(message) : undefined;
    if (typeof method !== 'string' || stamp === undefined) {
      if (isResponse(message)) this.#sent.answered(message.id);
      this.#onmessage?.(message, extra);
      return;
    }
    const clean = withoutStamp(message);
    const text = originalText(message);
    if (text !== undefined) keepText(clean, withoutMemberAt(text, STAMP_PATH));
    const origin = isRequestId(stamp) && isMethodMessage(message) ? this.#sent.origin(stamp) : undefined;
    if (origin === undefined) this.#onmessage?.(clean, extra);
    else onSaidBehalfOf(origin, method, () => this.#onmessage?.(clean, extra));
  }
}
