import { MemoryEventStore } from '../../support/event-store.js';
import { STATEFUL, STATELESS, callOf, storeWith, type Party } from '../party.js';
import type { Case } from './case.js';

/** Not just any `Error`: its owner wants it as it was thrown. */
function fail(): never {
  throw new TypeError('no');
}

const failLater = (): Promise<never> => Promise.reject(new RangeError('not now'));

const FAILURES = { throws: fail, rejects: failLater };

const each = <T>(make: (how: string, failure: () => Promise<never>) => T): T[] =>
  Object.entries(FAILURES).map(([how, failure]) => make(how, failure));

const BEGINNING: readonly Case[] = [
  ...each((how, onsessioninitialized) => ({
    title: `onsessioninitialized ${how}`,
    options: () => ({ ...STATEFUL, onsessioninitialized }),
    run: async (party: Party) => {
      await party.initialize();
      await party.post(callOf(1));
      await party.initialize();
    },
  })),
  {
    title: 'onsessioninitialized is awaited before the message is handed over',
    options: () => ({
      ...STATEFUL,
      onsessioninitialized: async () => {
        await new Promise((resolve) => setImmediate(resolve));
      },
    }),
    run: (party) => party.initialize(),
  },
  {
    title: 'the generator of session ids throws',
    options: () => ({ sessionIdGenerator: fail }),
    run: async (party) => {
      await party.initialize();
      await party.post(callOf(1));
    },
  },
  {
    title: 'an empty session id',
    options: () => ({ sessionIdGenerator: () => '' }),
    run: async (party) => {
      await party.initialize();
      await party.post(callOf(1));
      await party.initialize();
    },
  },
  {
    title: 'initialize without a session',
    options: () => STATELESS,
    run: (party) => party.initialize(),
  },
];

const ENDING: readonly Case[] = [
  {
    title: 'onsessionclosed is awaited before the transport closes',
    options: () => ({
      ...STATEFUL,
      onsessionclosed: async () => {
        await new Promise((resolve) => setImmediate(resolve));
      },
    }),
    run: async (party) => {
      await party.initialize();
      await party.ask({ method: 'DELETE' });
    },
  },
  {
    title: 'DELETE',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      const stream = await party.get();
      await party.ask({ method: 'DELETE' });
      await party.complete(stream);
      await party.ask({ method: 'DELETE' });
    },
  },
  {
    title: 'DELETE without a session',
    options: () => STATELESS,
    run: (party) => party.ask({ method: 'DELETE' }),
  },
  {
    title: 'DELETE with a body',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      await party.ask({ method: 'DELETE', body: '{"a":1}' });
    },
  },
];

const STORING: readonly Case[] = [
  ...each((how, storeEvent) => ({
    title: `storeEvent ${how} before a request is handed over`,
    options: () => ({ ...STATEFUL, eventStore: storeWith({ storeEvent }), watchesStore: true }),
    run: async (party: Party) => {
      await party.initialize('2025-11-25');
      await party.post(callOf(1));
    },
  })),
  ...each((how, replayEventsAfter) => ({
    title: `replayEventsAfter ${how}`,
    options: () => ({ ...STATEFUL, eventStore: storeWith({ replayEventsAfter }) }),
    run: async (party: Party) => {
      await party.initialize();
      await party.complete(await party.get([['last-event-id', 'event-1']]));
    },
  })),
  ...each((how, getStreamIdForEventId) => ({
    title: `getStreamIdForEventId ${how}`,
    options: () => ({ ...STATEFUL, eventStore: storeWith({ getStreamIdForEventId }) }),
    run: async (party: Party) => {
      await party.initialize();
      await party.complete(await party.get([['last-event-id', 'event-1']]));
    },
  })),
  {
    title: 'an event that the store does not know',
    options: () => ({
      ...STATEFUL,
      eventStore: storeWith({ getStreamIdForEventId: () => Promise.resolve(undefined) }),
      watchesStore: true,
    }),
    run: async (party) => {
      await party.initialize();
      await party.complete(await party.get([['last-event-id', 'event-99']]));
    },
  },
  {
    title: 'an event that only the replay does not know',
    options: () => ({ ...STATEFUL, eventStore: new MemoryEventStore(), watchesStore: true }),
    run: async (party) => {
      await party.initialize();
      await party.complete(await party.get([['last-event-id', 'event-99']]));
    },
  },
];

export const CALLBACKS: readonly Case[] = [...BEGINNING, ...ENDING, ...STORING];
