import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Message } from './rig.js';

/** An event store that takes its time: `pause` says for how long, for each message. It replays nothing. */
export function slowStore(pause: (message: Message) => Promise<void> | undefined): EventStore {
  let events = 0;
  return {
    async storeEvent(streamId, message) {
      const id = `${streamId}/${String(++events)}`;
      await pause(message as Message);
      return id;
    },
    replayEventsAfter: async () => Promise.reject(new Error('nothing is replayed here')),
  };
}
