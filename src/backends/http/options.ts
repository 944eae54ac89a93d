import type { RequestHeaders } from './http-answer.js';

/** Options of the transport to a server over HTTP. */
export interface HttpTransportOptions {
  /** Sent with every request. */
  readonly headers?: RequestHeaders;
  /** Those of the client, sent with every request that has none of its own, in the place of others of their names. */
  readonly passed?: RequestHeaders;
  /** Hides what must not be shown in a text that may have been cut off. */
  readonly redactCut?: (text: string) => string;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
}

/** Options of `send()`. */
export interface HttpSendOptions {
  /** Those of the client for this message, in the place of those passed with others. */
  readonly headers?: RequestHeaders | undefined;
}
