import type { Settings } from '../options.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { OwnStreams } from '../streams/client-streams.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import type { Backchannel } from './backchannel-view.js';
import { Downstream } from './downstream.js';
import { downstreams } from './wrapped.js';

/** The same transport without its back-channel. It knows its own streams. */
interface Bare extends TransportLike {
  readonly streams: OwnStreams;
}

/**
 * What the server sees of a transport that has a back-channel of its own. It needs no façade: its methods and callbacks
 * are those of the back-channel.
 */
export abstract class TransportWithBackchannel implements TransportLike {
  readonly #bare: Bare;
  readonly #downstream: Downstream;

  protected constructor(bare: Bare, settings: Settings) {
    this.#bare = bare;
    this.#downstream = new Downstream(bare, settings, bare.streams);
    // `withBackchannel()` returns it as it is.
    downstreams.set(this, this);
  }

  /** What the back-channel knows and does. */
  get backchannel(): Backchannel {
    return this.#downstream.backchannel;
  }

  get onmessage(): MessageHandler | undefined {
    return this.#downstream.onmessage;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- messages have different types in SDK 1.x and 2.x
  set onmessage(handler: ((message: any, extra?: any) => void) | undefined) {
    this.#downstream.onmessage = handler;
  }

  get onclose(): (() => void) | undefined {
    return this.#downstream.onclose;
  }

  set onclose(callback: (() => void) | undefined) {
    this.#downstream.onclose = callback;
  }

  get onerror(): ((error: Error) => void) | undefined {
    return this.#bare.onerror;
  }

  set onerror(callback: ((error: Error) => void) | undefined) {
    this.#bare.onerror = callback;
  }

  /** @throws Error it was started before */
  start(): Promise<void> {
    return this.#downstream.start();
  }

  /**
   * Sends a message to the client. A response leaves on the stream of its request. Where another message leaves is
   * decided as described in `docs/routing.md`; `relatedRequestId` is one piece of evidence.
   *
   * @throws BackchannelError a request cannot be delivered. What becomes of a notification is told to `onerror`
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  send(message: any, options?: SendOptions): Promise<void> {
    return this.#downstream.send(message as JsonRpcMessage, options);
  }

  /** Ends all streams, and settles everything that waits. */
  close(): Promise<void> {
    return this.#downstream.close();
  }
}
