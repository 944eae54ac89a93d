import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Enough for the messages that clients miss while they reconnect. The limits keep sessions from filling the memory. */
const LIMITS = { eventsPerSession: 1_000, charactersPerSession: 1_000_000, characters: 64_000_000 } as const;

export type EventLimits = Readonly<Record<keyof typeof LIMITS, number>>;

interface StoredEvent {
  readonly store: MemoryEventStore;
  readonly number: number;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly characters: number;
}

/** The latest events of all sessions. When a limit is reached, the oldest events are dropped. */
export class EventMemory {
  readonly limits: EventLimits;
  /** The oldest first. */
  readonly #events = new Set<StoredEvent>();
  #characters = 0;

  constructor(limits: Partial<EventLimits> = {}) {
    this.limits = { ...LIMITS, ...limits };
  }

  get characters(): number {
    return this.#characters;
  }

  /** The events of one session. @param life is aborted when the session ends */
  store(life: AbortSignal): MemoryEventStore {
    return new MemoryEventStore(this, life);
  }

  add(event: StoredEvent): void {
    this.#events.add(event);
    this.#characters += event.characters;
    for (const oldest of this.#events) {
      if (this.#characters <= this.limits.characters) return;
      oldest.store.forget(oldest);
    }
  }

  delete(event: StoredEvent): void {
    if (this.#events.delete(event)) this.#characters -= event.characters;
  }
}

/**
 * The latest events of one session. A client that resumes after an event that was dropped gets the rest of its stream.
 * The response that it waits for is the last event on it.
 */
export class MemoryEventStore implements EventStore {
  /** The oldest first. */
  readonly #events = new Set<StoredEvent>();
  #characters = 0;
  #last = 0;

  constructor(
    private readonly memory: EventMemory,
    private readonly life: AbortSignal,
  ) {
    life.addEventListener('abort', () => {
      for (const event of this.#events) this.forget(event);
    });
  }

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const number = ++this.#last;
    if (!this.life.aborted) {
      const event = { store: this, number, streamId, message, characters: JSON.stringify(message).length };
      this.#events.add(event);
      this.#characters += event.characters;
      this.memory.add(event);
      this.#keepWithinLimits();
    }
    // The id contains the stream, so that the stream is still known after the event was dropped.
    return Promise.resolve(`${number}_${streamId}`);
  }

  getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return Promise.resolve(this.#placeOf(eventId)?.streamId);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const last = this.#placeOf(lastEventId);
    if (last === undefined) throw new Error('there is no such event');
    // Events that are stored during the replay are replayed too: their sender has no stream to write to yet.
    for (const { number, streamId, message } of this.#events)
      if (number > last.number && streamId === last.streamId) await send(`${number}_${streamId}`, message);
    return last.streamId;
  }

  forget(event: StoredEvent): void {
    if (!this.#events.delete(event)) return;
    this.#characters -= event.characters;
    this.memory.delete(event);
  }

  #keepWithinLimits(): void {
    const { eventsPerSession, charactersPerSession } = this.memory.limits;
    for (const oldest of this.#events) {
      // The newest event is always kept, whatever its length: a client may be resuming to get it.
      if (this.#events.size === 1) return;
      if (this.#events.size <= eventsPerSession && this.#characters <= charactersPerSession) return;
      this.forget(oldest);
    }
  }

  /** The position of an event that was stored once, even if it was dropped since. */
  #placeOf(eventId: string): { readonly number: number; readonly streamId: string } | undefined {
    const [, digits, streamId] = /^([1-9]\d*)_(.+)$/s.exec(eventId) ?? [];
    const number = Number(digits);
    return streamId !== undefined && number <= this.#last ? { number, streamId } : undefined;
  }
}
