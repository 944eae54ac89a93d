import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Enough for what a client misses while it reconnects; a session must not fill the memory. */
const MAX_EVENTS = 1_000;
const MAX_CHARACTERS = 4_000_000;

interface StoredEvent {
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly characters: number;
}

/**
 * The latest events of one session. A client that wants to resume after an event that is kept no more
 * is refused: what it missed cannot be told, and leaving it out in silence would be worse.
 */
export class MemoryEventStore implements EventStore {
  /** By event id, the oldest first. */
  readonly #events = new Map<string, StoredEvent>();
  #characters = 0;
  #last = 0;

  constructor(
    private readonly maxEvents: number = MAX_EVENTS,
    private readonly maxCharacters: number = MAX_CHARACTERS,
  ) {}

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const eventId = String(++this.#last);
    const characters = JSON.stringify(message).length;
    this.#events.set(eventId, { streamId, message, characters });
    this.#characters += characters;
    this.#forget();
    return Promise.resolve(eventId);
  }

  getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return Promise.resolve(this.#events.get(eventId)?.streamId);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const last = this.#events.get(lastEventId);
    if (last === undefined) throw new Error('this event is kept no more');
    // What is stored meanwhile is replayed too: its sender finds no stream to write it to yet.
    for (const [eventId, { streamId, message }] of this.#events)
      if (Number(eventId) > Number(lastEventId) && streamId === last.streamId) await send(eventId, message);
    return last.streamId;
  }

  #forget(): void {
    for (const [eventId, { characters }] of this.#events) {
      if (this.#events.size <= this.maxEvents && this.#characters <= this.maxCharacters) return;
      this.#events.delete(eventId);
      this.#characters -= characters;
    }
  }
}
