import type { InFlight } from '../routing/ledger.js';
import { OrderedStream } from './ordered-stream.js';
import type { RequestStream } from './request-streams.js';

/** One HTTP request of the client and its answer, for as long as the connection lives. */
export class HttpConnection extends OrderedStream {
  /** The requests that came in on it, more than one in a batch. */
  readonly requests: InFlight[] = [];
  /** The connection is there. */
  isOpen = true;
  /** Its answer is complete, or its connection gone: nothing more can be written. */
  isFinished = false;
  /** The answer is an event stream. */
  isStream = false;
  /**
   * An event with an id was written: there is an event store, and the client can come back for what
   * it misses.
   */
  isResumable = false;
  /** The transport knows the stream when `handleRequest` settles, and not when the head is written. */
  opensWhenHandled = false;
  /** It is a GET that resumes a request stream. */
  resumesRequest = false;
  /** The request stream that it carries or resumes, from its first event on. */
  requestStream: RequestStream | undefined = undefined;
  /** Event ids written on a GET before it is known what stream it is. */
  readonly eventIds: string[] = [];

  constructor(
    readonly method: string,
    /** The event after which the client wants to resume. */
    readonly lastEventId: string | undefined,
  ) {
    super();
  }
}

/** The id of the first event in a chunk of an event stream. Transports write an event at a time. */
export function eventIdIn(chunk: unknown): string | undefined {
  const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? head(chunk) : '';
  return /^(?:event:[^\n]*\n)?id:[ ]?([^\n]*)\n/.exec(text)?.[1];
}

const UTF8 = new TextDecoder();

// Ids come first, and are short: the rest of an event may be large.
function head(chunk: Uint8Array): string {
  return UTF8.decode(chunk.subarray(0, 512));
}
