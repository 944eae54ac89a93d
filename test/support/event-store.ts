/** Event stores in memory, for streams that a client may resume. Their ids do not tell the stream. */
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { deferred } from './deferred.js';

type Send = Parameters<EventStore['replayEventsAfter']>[1]['send'];

/** Knows the stream of an event only when it replays it. */
export class MemoryEventStore implements EventStore {
  protected readonly events = new Map<string, { readonly streamId: string; readonly message: JSONRPCMessage }>();

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const id = `event-${this.events.size + 1}`;
    this.events.set(id, { streamId, message });
    return Promise.resolve(id);
  }

  async replayEventsAfter(lastEventId: string, { send }: { send: Send }): Promise<string> {
    const last = this.events.get(lastEventId);
    if (last === undefined) throw new Error(`no event ${lastEventId}`);
    const ids = [...this.events.keys()];
    for (const id of ids.slice(ids.indexOf(lastEventId) + 1)) {
      const event = this.events.get(id);
      if (event?.streamId === last.streamId) await send(id, event.message);
    }
    return last.streamId;
  }
}

/** Tells the stream of an event beforehand, so that the transport refuses to resume one that is open. */
export class IndexedEventStore extends MemoryEventStore {
  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return Promise.resolve(this.events.get(eventId)?.streamId);
  }
}

/** Replays what it held when it was asked, but not before it is let go. */
export class SlowReplayStore extends MemoryEventStore {
  readonly asked = deferred();
  readonly released = deferred();

  override async replayEventsAfter(lastEventId: string, { send }: { send: Send }): Promise<string> {
    const missed: Parameters<Send>[] = [];
    const streamId = await super.replayEventsAfter(lastEventId, {
      send: async (...event) => {
        missed.push(event);
        return Promise.resolve();
      },
    });
    this.asked.resolve();
    await this.released.promise;
    for (const event of missed) await send(...event);
    return streamId;
  }
}
