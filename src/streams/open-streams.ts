/**
 * Which streams does the client hold open, and how are its requests answered? This is a pure reducer: the watcher tells
 * it what happened, and routing asks it what is known.
 */
import { assertNever } from '../routing/assert-never.js';

/** What is known of the client's streams. */
export interface OpenStreams {
  /** The connection that is the standalone stream. Connections are compared by identity, never by order. */
  readonly standalone: object | undefined;
  /** The client has lost its standalone stream and can resume it. Until then, messages written there are stored. */
  readonly standaloneIsResumable: boolean;
  /** How many connections are open, whatever they carry. While there is one, the client is there. */
  readonly connections: number;
  /** How requests are answered. A request that is answered in JSON has no stream: only its own response can be written. */
  readonly responseMode: 'sse' | 'json' | undefined;
}

/** What can happen to an HTTP request of the client and its response. */
export type StreamEvent =
  /** it came in */
  | { readonly type: 'began' }
  /** it was a POST of requests, and its response has begun */
  | { readonly type: 'response-began'; readonly mode: 'sse' | 'json' }
  /** it is the standalone stream from now on, and replaces any other */
  | { readonly type: 'became-standalone'; readonly connection: object }
  /** nothing more will be written on it (told once) */
  | { readonly type: 'finished'; readonly connection: object; readonly resumable: boolean }
  /** its connection has ended, whoever ended it (told once, after `finished`) */
  | { readonly type: 'ended' };

export const NO_STREAMS: OpenStreams = {
  standalone: undefined,
  standaloneIsResumable: false,
  connections: 0,
  responseMode: undefined,
};

export function reduce(streams: OpenStreams, event: StreamEvent): OpenStreams {
  switch (event.type) {
    case 'began':
      return { ...streams, connections: streams.connections + 1 };
    case 'response-began':
      return streams.responseMode === event.mode ? streams : { ...streams, responseMode: event.mode };
    case 'became-standalone':
      return { ...streams, standalone: event.connection, standaloneIsResumable: false };
    case 'finished':
      // An old standalone stream may end after a new one has taken its place.
      if (streams.standalone !== event.connection) return streams;
      return { ...streams, standalone: undefined, standaloneIsResumable: event.resumable };
    case 'ended':
      return { ...streams, connections: streams.connections - 1 };
    default:
      return assertNever(event);
  }
}
