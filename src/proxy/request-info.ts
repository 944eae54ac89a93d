import type { Called } from '../proxy-events.js';

/** What the SDK's transports pass along with a message. */
export interface MessageExtra {
  readonly requestInfo?: RequestInfo;
  /** From our own transport: the message as it was read. */
  readonly text?: string | undefined;
}

/** Of the POST that brought a message. Its messages share one. */
export interface RequestInfo {
  readonly headers?: Called['headers'];
}
