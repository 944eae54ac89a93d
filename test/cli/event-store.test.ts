import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { EventMemory, type MemoryEventStore } from '../../src/cli/event-store.js';

const message = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, method: 'ping' });
const CHARACTERS = JSON.stringify(message(1)).length;

/** A store of a session that lasts. */
function storeOf(memory: EventMemory): MemoryEventStore {
  return memory.store(new AbortController().signal);
}

async function replayed(store: MemoryEventStore, after: string): Promise<JSONRPCMessage[]> {
  const events: JSONRPCMessage[] = [];
  await store.replayEventsAfter(after, {
    send: async (_eventId, event) => {
      events.push(event);
      return Promise.resolve();
    },
  });
  return events;
}

it('replays what came later on the same stream, in order, and nothing of another', async () => {
  const store = storeOf(new EventMemory());
  const first = await store.storeEvent('a_1', message(1));
  await store.storeEvent('b_1', message(2));
  const third = await store.storeEvent('a_1', message(3));
  await store.storeEvent('a_1', message(4));
  expect(await replayed(store, first)).toEqual([message(3), message(4)]);
  expect(await store.getStreamIdForEventId(third)).toBe('a_1');
});

it.each(['', '1', '9_a', 'x_a', '0_a', '1.5_a', '-1_a'])(
  'refuses to resume after %o, which it never gave',
  async (id) => {
    const store = storeOf(new EventMemory());
    await store.storeEvent('a', message(1));
    expect(await store.getStreamIdForEventId(id)).toBeUndefined();
    await expect(replayed(store, id)).rejects.toThrow('no such event');
  },
);

describe('forgets the oldest', () => {
  it.each([
    ['events', { eventsPerSession: 2 }],
    ['characters', { charactersPerSession: 2 * CHARACTERS }],
  ])('when a session has too many %s, and resumes with what is left', async (_what, limits) => {
    const store = storeOf(new EventMemory(limits));
    const ids: string[] = [];
    for (let id = 1; id <= 4; id++) ids.push(await store.storeEvent('a', message(id)));
    for (const id of ids.slice(0, 2)) expect(await replayed(store, id)).toEqual([message(3), message(4)]);
    expect(await replayed(store, ids[2] ?? '')).toEqual([message(4)]);
  });

  it('and not the newest of a session, though it has too many characters by itself', async () => {
    const memory = new EventMemory({ charactersPerSession: CHARACTERS - 1, characters: 3 * CHARACTERS });
    const store = storeOf(memory);
    const first = await store.storeEvent('a', message(1));
    await store.storeEvent('a', message(2));
    expect(await replayed(store, first)).toEqual([message(2)]);
    expect(memory.characters).toBe(CHARACTERS);
  });

  it('of all sessions when they have too many characters together', async () => {
    const memory = new EventMemory({ characters: 3 * CHARACTERS });
    const [one, other] = [storeOf(memory), storeOf(memory)];
    const first = await one.storeEvent('a', message(1));
    const second = await other.storeEvent('a', message(2));
    for (const id of [3, 4]) await other.storeEvent('a', message(id));
    await one.storeEvent('a', message(5));
    expect(await replayed(one, first)).toEqual([message(5)]);
    expect(await replayed(other, second)).toEqual([message(3), message(4)]);
    expect(memory.characters).toBe(3 * CHARACTERS);
  });

  it('and all of a session that is over', async () => {
    const memory = new EventMemory();
    const life = new AbortController();
    const store = memory.store(life.signal);
    await store.storeEvent('a', message(1));
    await storeOf(memory).storeEvent('a', message(1));
    life.abort();
    expect(memory.characters).toBe(CHARACTERS);
    // What is written late, as its last answers may be, is not kept either.
    await store.storeEvent('a', message(2));
    expect(memory.characters).toBe(CHARACTERS);
  });
});
