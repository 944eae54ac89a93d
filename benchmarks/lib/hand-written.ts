import type { JsonRpcMessage, MessageHandler, SendOptions, TransportLike } from '../../src/index.js';

/**
 * A wrapper as one would write it by hand. It sets the session's last inbound request as `relatedRequestId` on every
 * message that the server starts. Benchmarks compare ours with it: it does the least that can be called a back-channel,
 * and gets the second call, concurrent calls and dead ids wrong.
 */
export class HandWritten implements TransportLike {
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  #onmessage: MessageHandler | undefined;
  #lastInbound: string | number | undefined;

  constructor(private readonly inner: TransportLike) {}

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#onmessage = handler;
    this.inner.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
      if (message.method !== undefined && message.id !== undefined) this.#lastInbound = message.id as string | number;
      this.#onmessage?.(message, extra);
    };
  }

  start(): Promise<void> {
    return this.inner.start();
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    if (message.method === undefined) return this.inner.send(message, options);
    return this.inner.send(message, { ...options, relatedRequestId: options?.relatedRequestId ?? this.#lastInbound });
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** The same for a transport that carries several sessions. */
export class HandWrittenSessions implements TransportLike {
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  #onmessage: MessageHandler | undefined;
  readonly #lastInbound = new Map<string | undefined, string | number>();

  constructor(
    private readonly inner: TransportLike,
    private readonly sessionOf: (message: JsonRpcMessage, extra: unknown) => string | undefined,
  ) {}

  get onmessage(): MessageHandler | undefined {
    return this.#onmessage;
  }

  set onmessage(handler: MessageHandler | undefined) {
    this.#onmessage = handler;
    this.inner.onmessage = (message: JsonRpcMessage, extra?: unknown) => {
      const isRequest = message.method !== undefined && message.id !== undefined;
      if (isRequest) this.#lastInbound.set(this.sessionOf(message, extra), message.id as string | number);
      this.#onmessage?.(message, extra);
    };
  }

  start(): Promise<void> {
    return this.inner.start();
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    if (message.method === undefined) return this.inner.send(message, options);
    const last = this.#lastInbound.get(this.sessionOf(message, options));
    return this.inner.send(message, { ...options, relatedRequestId: options?.relatedRequestId ?? last });
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
