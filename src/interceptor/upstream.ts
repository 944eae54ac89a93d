import { isRequest, type JsonRpcMessage } from '../routing/message.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import type { Interceptor } from './facade.js';
import { onNobodysBehalf } from './origin.js';

/**
 * The wrapper around the transport that faces the backend. A reader that outlives a request (of a child's stdout, a GET
 * stream or a socket) is created in `start()`, or by a send that expects no answer. It must not carry the context of the
 * request that happened to create it. The answer to a request is read on behalf of that request.
 */
export class Upstream implements Interceptor {
  readonly methods: readonly string[] = ['start', 'send'];
  readonly properties: readonly string[] = [];

  constructor(private readonly inner: TransportLike) {}

  start(): Promise<void> {
    return onNobodysBehalf(() => this.inner.start());
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    // A batch gets one answer as a whole.
    const isAnswered = Array.isArray(message) ? message.some(isRequest) : isRequest(message);
    return isAnswered ? this.inner.send(message, options) : onNobodysBehalf(() => this.inner.send(message, options));
  }
}
