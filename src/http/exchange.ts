import type { InFlight } from '../routing/ledger.js';

/** Event ids of the standalone stream that are remembered, to know it again when it is resumed. */
const MAX_EVENT_IDS = 1_024;

/** One HTTP request of the client and its answer, for as long as the connection lives. */
export class HttpExchange {
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
  /** It is a GET that resumes a request stream. */
  resumesRequest = false;
  /** Event ids written on a GET before it is known what stream it is. */
  readonly eventIds: string[] = [];

  constructor(
    readonly method: string,
    /** The event after which the client wants to resume. */
    readonly lastEventId: string | undefined,
  ) {}
}

/** The ids of the events of the standalone stream, the newest of them. */
export class EventIds {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_EVENT_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

/** The id of the first event in a chunk of an event stream. Transports write an event at a time. */
export function eventIdIn(chunk: unknown): string | undefined {
  const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? head(chunk) : '';
  return /^(?:event:[^\n]*\n)?id:[ ]?([^\n]*)\n/.exec(text)?.[1];
}

// Ids come first, and are short: the rest of an event may be large.
function head(chunk: Uint8Array): string {
  return new TextDecoder().decode(chunk.subarray(0, 512));
}
