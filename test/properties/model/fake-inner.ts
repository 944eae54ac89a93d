/** The transport inside: it asks the model what to do with everything that reaches it. */
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import type { MessageHandler, SendOptions, TransportLike } from '../../../src/transport-like.js';

export interface InnerModel {
  sent(message: JsonRpcMessage, options: SendOptions | undefined): Promise<void>;
  closing(): Promise<void>;
  handleRequest(...args: unknown[]): unknown;
}

export class FakePipe implements TransportLike {
  onmessage?: MessageHandler | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;

  constructor(protected readonly model: InnerModel) {}

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    return this.model.sent(message, options);
  }

  close(): Promise<void> {
    return this.model.closing();
  }
}

export class FakeHttp extends FakePipe {
  handleRequest(...args: unknown[]): unknown {
    return this.model.handleRequest(...args);
  }

  constructor(model: InnerModel, resumesWhenHandled: boolean) {
    super(model);
    // By this it is known.
    if (resumesWhenHandled) Object.assign(this, { _streamMapping: new Map() });
  }

  /** Never called: transports that have it store what is sent while the client is away. */
  closeStandaloneSSEStream(): void {
    throw new Error('nobody asked for this');
  }
}
