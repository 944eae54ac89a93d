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
export function requestInfoOf(incoming: Incoming, message: unknown): RequestInfo {
  return {
    get headers() {
      return Object.fromEntries(incoming.allHeaders());
    },
    get client() {
      return clientNameIn(Object(message) as JsonRpcMessage);
    },
  };
}
