import type { InFlight } from '../routing/ledger.js';
import { OrderedStream } from './ordered-stream.js';
import type { PostedAnswers } from './posted-answers.js';

/** The stream of a request. It outlives its connection: the client may resume it, and more than once. */
export interface RequestStream {
  /** The connection that resumed it last. */
  resumedBy: HttpConnection | undefined;
}

/** What carries the requests of one POST, and what is written for them. */
export class Connection extends OrderedStream {
  /** The requests that came in on it. A batch has more than one. */
  readonly requests: InFlight[] = [];
  /** The response is complete, or the connection has ended: nothing more can be written. */
  isFinished = false;
  /** An event with an id was written: there is an event store, and the client can come back for missed events. */
  isResumable = false;
}

/** One HTTP request from the client and its response, as far as they are seen from outside the transport. */
export class HttpConnection extends Connection {
  /** The connection has not ended. */
  isOpen = true;
  /** The response is an event stream. */
  isStream = false;
  /** What is posted on it, if it may answer a server request that is open. */
  posted: PostedAnswers | undefined = undefined;
  /** It has a web-standard body of which nothing was read: what the transport has written there is not known. */
  isUnread = false;
  /** The transport knows the stream only when `handleRequest` settles, and not when the head is written. */
  opensWhenHandled = false;
  /** It is a GET that resumes a request stream. */
  resumesRequest = false;
  /** The request stream that it carries or resumes, from its first event on. */
  requestStream: RequestStream | undefined = undefined;
  /** The ids of events that were written on a GET before it was known which stream it is. */
  readonly eventIds: string[] = [];

  constructor(
    readonly method: string,
    /** The event after which the client wants to resume. */
    readonly lastEventId: string | undefined,
  ) {
    super();
  }
}

/** The id of the first event in a chunk of an event stream. Transports write one event at a time. */
export function eventIdIn(chunk: unknown): string | undefined {
  const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array && mayHaveId(chunk) ? head(chunk) : '';
  return /^(?:event:[^\n]*\n)?id:[ ]?([^\n]*)\n/.exec(text)?.[1];
}

// Most events have no id, and to decode them all would cost more than all else that is done with them.
function mayHaveId(chunk: Uint8Array): boolean {
  return isIdAt(chunk, 0) || isIdAt(chunk, chunk.indexOf(LINE_FEED) + 1);
}

function isIdAt(chunk: Uint8Array, at: number): boolean {
  return chunk[at] === ID[0] && chunk[at + 1] === ID[1] && chunk[at + 2] === ID[2];
}

const UTF8 = new TextDecoder();
/** `id:` */
const ID = [0x69, 0x64, 0x3a];
const LINE_FEED = 0x0a;

// Ids come first and are short. The rest of an event may be large.
function head(chunk: Uint8Array): string {
  return UTF8.decode(chunk.subarray(0, 512));
}
