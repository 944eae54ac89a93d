import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { MemoryEventStore } from '../../src/cli/event-store.js';

const message = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, method: 'ping' });

async function replayed(store: MemoryEventStore, after: string): Promise<[string, JSONRPCMessage][]> {
  const events: [string, JSONRPCMessage][] = [];
  await store.replayEventsAfter(after, {
    send: async (...event) => {
      events.push(event);
      return Promise.resolve();
    },
  });
  return events;
}

it('replays what came later on the same stream, in order, and nothing of another', async () => {
  const store = new MemoryEventStore();
  const first = await store.storeEvent('a', message(1));
  await store.storeEvent('b', message(2));
  const third = await store.storeEvent('a', message(3));
  const fourth = await store.storeEvent('a', message(4));
  expect(await replayed(store, first)).toEqual([
    [third, message(3)],
    [fourth, message(4)],
  ]);
  expect(await store.getStreamIdForEventId(third)).toBe('a');
});

it.each([
  ['events', new MemoryEventStore(2)],
  ['characters', new MemoryEventStore(1_000, 2 * JSON.stringify(message(1)).length)],
])('forgets the oldest when it holds too many %s, and refuses to resume after them', async (_what, store) => {
  const ids: string[] = [];
  for (let id = 1; id <= 3; id++) ids.push(await store.storeEvent('a', message(id)));
  const [oldest = '', kept = '', latest = ''] = ids;
  expect(await store.getStreamIdForEventId(oldest)).toBeUndefined();
  await expect(replayed(store, oldest)).rejects.toThrow('kept no more');
  expect(await replayed(store, kept)).toEqual([[latest, message(3)]]);
});
