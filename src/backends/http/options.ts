import type { HttpConnections } from './connections.js';
import type { RequestHeaders } from './http-answer.js';

/** Options of the transport to an HTTP server. */
export interface HttpTransportOptions {
  /** Sent with every request. */
  readonly headers?: RequestHeaders;
  /** The client's headers, sent with every request that has none of its own. They override other headers. */
  readonly passed?: RequestHeaders;
  /** Where connections are shared with other sessions. @default none are */
  readonly connections?: HttpConnections | undefined;
  /** Hides secrets in a text that may have been cut off. */
  readonly redactCut?: (text: string) => string;
  /** Goes on with this session of the server, instead of beginning one. As in the SDK's transport. @default none */
  readonly sessionId?: string | undefined;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
}

/** Options of `send()`. */
export interface HttpSendOptions {
  /** The client's headers for this message, instead of those for other messages. */
  readonly headers?: RequestHeaders | undefined;
}
