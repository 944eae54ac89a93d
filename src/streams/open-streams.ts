/**
 * Which streams does the client hold open, and how are its requests answered? A pure reducer: the
 * watcher tells it what happened, and routing asks it what is known.
 */
import { assertNever } from '../routing/assert-never.js';

/** What is known of the client's streams. */
export interface HttpStreams {
  /** The connection that serves as the standalone stream. Connections are compared by identity, never by order. */
  readonly standalone: object | undefined;
  /**
   * The client has lost its standalone stream, and can resume it: what is written there meanwhile is
   * stored for it.
   */
  readonly stored: boolean;
  /** How many connections are open, whatever they carry: while there is one, the client is there. */
  readonly open: number;
  /**
   * How requests are answered. A request that is answered in JSON has no stream: nothing but its
   * answer can be written there.
   */
  readonly answers: 'sse' | 'json' | undefined;
}

/** What can happen to an HTTP connection, a request of the client's and its answer. */
export type StreamEvent =
  /** it came in */
  | { readonly type: 'began' }
  /** it was a POST of requests, and its answer has begun */
  | { readonly type: 'answered'; readonly as: 'sse' | 'json' }
  /** it is the standalone stream from now on, in the place of any other */
  | { readonly type: 'became-standalone'; readonly connection: object }
  /** nothing more will be written on it; told once */
  | { readonly type: 'finished'; readonly connection: object; readonly resumable: boolean }
  /** its connection is gone, whoever ended it; told once, after that */
  | { readonly type: 'ended' };

export const NO_STREAMS: HttpStreams = { standalone: undefined, stored: false, open: 0, answers: undefined };

export function reduce(streams: HttpStreams, event: StreamEvent): HttpStreams {
  switch (event.type) {
    case 'began':
      return { ...streams, open: streams.open + 1 };
    case 'answered':
      return streams.answers === event.as ? streams : { ...streams, answers: event.as };
    case 'became-standalone':
      return { ...streams, standalone: event.connection, stored: false };
    case 'finished':
      // An old standalone stream may end after a new one has taken its place.
      if (streams.standalone !== event.connection) return streams;
      return { ...streams, standalone: undefined, stored: event.resumable };
    case 'ended':
      return { ...streams, open: streams.open - 1 };
    default:
      return assertNever(event);
  }
}
