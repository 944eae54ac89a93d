import type { Called } from '../proxy-events.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { clientNameIn } from './event-details.js';
import type { Incoming } from './guard.js';

/** What the SDK's transports pass along with a message. */
export interface MessageExtra {
  readonly requestInfo?: RequestInfo;
  /** From our own transport: the message as it was read. */
  readonly text?: string | undefined;
}

/** Of the POST that brought a message. Its messages share one. */
export interface RequestInfo {
  readonly headers?: Called['headers'];
  readonly peer?: Called['peer'];
  /** The name of the client, if each message may be another's. */
  readonly client?: string | undefined;
}

/** Of a POST of a client without sessions. Nothing is read of it before it is asked for. */
export class ModernRequestInfo implements RequestInfo {
  readonly #incoming: Incoming;
  readonly #message: unknown;

  constructor(incoming: Incoming, message: unknown) {
    this.#incoming = incoming;
    this.#message = message;
  }

  get headers(): Called['headers'] {
    return Object.fromEntries(this.#incoming.allHeaders());
  }

  get client(): string | undefined {
    return clientNameIn(Object(this.#message) as JsonRpcMessage);
  }
}
