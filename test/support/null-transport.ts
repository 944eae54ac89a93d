/** Transports without a wire: they note what they are given, and deliver what they are told to. */
import type { JsonRpcMessage } from '../../src/routing/message.js';
import type { MessageHandler, SendOptions, TransportLike } from '../../src/transport-like.js';

export interface Sent {
  readonly message: JsonRpcMessage;
  readonly options: SendOptions | undefined;
}

/** One pipe, like stdio: related ids mean nothing to it. */
export class NullTransport implements TransportLike {
  readonly sent: Sent[] = [];
  onmessage?: MessageHandler | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  /** What a write does; it may take its time, or fail. */
  write: (sent: Sent) => Promise<void> = async () => Promise.resolve();

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    this.sent.push({ message, options });
    return this.write({ message, options });
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }

  deliver(message: unknown, extra?: unknown): void {
    this.onmessage?.(message as JsonRpcMessage, extra);
  }

  /** The options that the message of this id or method left with. */
  optionsOf(idOrMethod: unknown): SendOptions | undefined {
    const found = this.sent.filter(({ message }) => message.id === idOrMethod || message.method === idOrMethod);
    if (found.length !== 1) throw new Error(`${String(idOrMethod)} was written ${found.length} times`);
    return found[0]?.options;
  }

  relatedIdOf(idOrMethod: unknown): unknown {
    return this.optionsOf(idOrMethod)?.relatedRequestId;
  }
}

/** A stream for each request, like Streamable HTTP: the related id chooses one. */
export class NullHttpTransport extends NullTransport {
  handleRequest(): Promise<void> {
    return Promise.resolve();
  }
}
