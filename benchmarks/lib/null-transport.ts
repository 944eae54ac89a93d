import type { JsonRpcMessage, MessageHandler, SendOptions, TransportLike } from '../../src/index.js';

/** A transport that takes every message and does nothing with it. Inbound messages: call `onmessage`. */
export class NullTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(_message: JsonRpcMessage, _options?: SendOptions): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One that looks like Streamable HTTP, whose streams each have an order of writing to keep. */
export class NullHttpTransport extends NullTransport {
  handleRequest(): Promise<void> {
    return Promise.resolve();
  }
}
