/** What was written on streams while an event store is read for a client that comes back. */
interface Missed {
  readonly streamId: string;
  readonly eventId: string;
  readonly event: string;
}

/**
 * A client is coming back to a stream, and the event store is read for it. The store may or may not hold what is stored
 * in the meantime: it is kept here too, and what the store has not given is written after the rest.
 */
export class Replay {
  readonly #missed: Missed[] = [];
  /** The events that the client is given: by the store, or from here. */
  readonly given: Set<string> = new Set<string>();
  #text = '';

  /** The store has given an event. */
  gave(eventId: string, event: string): void {
    this.given.add(eventId);
    this.#text += event;
  }

  /** An event was stored for a stream, whichever that is. */
  stored(streamId: string, eventId: string, event: string): void {
    this.#missed.push({ streamId, eventId, event });
  }

  /** All that the client has missed on this stream. From now on, that is what was given. */
  textOf(streamId: string): string {
    for (const missed of this.#missed) {
      // Whoever had it stored may be about to write it on the stream that the client has come back to.
      if (missed.streamId === streamId && !this.given.has(missed.eventId)) this.gave(missed.eventId, missed.event);
    }
    return this.#text;
  }
}
