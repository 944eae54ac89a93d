import { debug } from '../debug.js';
import { BackchannelError } from '../errors.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { facade, type Interceptor } from '../interceptor/facade.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import { answerFor } from '../interceptor/refusals.js';
import type { SendOptions, TransportLike } from '../transport-like.js';

type OnError = (error: Error) => void;

/**
 * A wrapped transport for a proxy that does not know that it is wrapped. The SDK's transports lose
 * messages without a word, and there are proxies that end a session on the first `onerror`, or the
 * process on the first `send()` that rejects. Such a proxy gets no error that the bare transport would
 * not give: a request that is refused is answered with an error in the client's place, which is what
 * its backend understands, and what is reported goes to the debug log alone.
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
    // Nobody waits for the answer to what went down with the connection, or was taken back.
    if (error.code === 'CLOSED' || error.code === 'CANCELLED') return;
    debug.error('%s: %s', error.code, error.message);
    try {
      onNobodysBehalf(() => this.wrapped.onmessage?.(answerFor(id, error)));
    } catch (cause) {
      debug.error('onmessage threw: %o', cause);
    }
  }
}
