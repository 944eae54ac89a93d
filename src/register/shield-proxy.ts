import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { facade, type Interceptor } from '../interceptor/facade.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import { answerFor } from '../interceptor/refusals.js';
import type { SendOptions, TransportLike } from '../transport-like.js';

type OnError = (error: Error) => void;

/**
 * A wrapped transport for a proxy that does not know about the wrapper. The SDK's transports lose messages
 * silently, and some proxies end a session on the first `onerror`, or the process on the first `send()` that
 * rejects. Such a proxy must get no error that the bare transport would not give. A refused request is answered
 * with an error in the client's place, which its backend understands. Reports go only to the debug log.
 */
export function shieldProxy<T extends TransportLike>(wrapped: T): T {
  return facade(wrapped, new ShieldedTransport(wrapped));
}

class ShieldedTransport implements Interceptor {
  readonly methods: readonly string[] = ['send'];
  readonly properties: readonly string[] = ['onerror'];
  #onerror: OnError | undefined;

  constructor(private readonly wrapped: TransportLike) {
    this.#onerror = wrapped.onerror;
  }

  get onerror(): OnError | undefined {
    return this.#onerror;
  }

  set onerror(callback: OnError | undefined) {
    this.#onerror = callback;
    this.wrapped.onerror =
      callback &&
      ((error) => {
        if (!(error instanceof BackchannelError)) callback(error);
      });
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    const sent = this.wrapped.send(message, options);
    if (!isRequest(message)) return sent;
    return sent.catch((error: unknown) => {
      if (!(error instanceof BackchannelError)) throw error;
      this.#answer(message.id, error);
    });
  }

  #answer(id: RequestId, error: BackchannelError): void {
    // Nobody waits for an answer if the connection was closed or the sender cancelled the request.
    if (error.code === 'CLOSED' || error.code === 'CANCELLED') return;
    debug.error('%s: %s', error.code, error.message);
    try {
      onNobodysBehalf(() => this.wrapped.onmessage?.(answerFor(id, error)));
    } catch (cause) {
      debug.error('onmessage threw: %o', cause);
    }
  }
}
