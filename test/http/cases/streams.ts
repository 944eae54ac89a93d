import { IndexedEventStore, MemoryEventStore, SlowReplayStore } from '../../support/event-store.js';
import {
  STATEFUL,
  STATELESS,
  callOf,
  newsOf,
  resultOf,
  storeWith,
  type Extra,
  type Message,
  type Party,
} from '../party.js';
import type { Case } from './case.js';

const NEWEST = '2025-11-25';

/** Answers `initialize`. The case answers the rest. */
function onlyInitialize({ id, method }: Message, _extra: Extra, party: Party): void {
  if (method === 'initialize' && id !== undefined) void party.send(resultOf(id));
}

const resumable = (options: object = {}) => ({
  ...STATEFUL,
  serve: onlyInitialize,
  eventStore: new MemoryEventStore(),
  watchesStore: true,
  ...options,
});

/** The client holds its standalone stream, and has read an event. */
async function withStandalone(party: Party): Promise<Awaited<ReturnType<Party['get']>>> {
  const stream = await party.get();
  await party.send(newsOf('notifications/first'));
  await stream.until('first');
  return stream;
}

const OF_REQUESTS: readonly Case[] = [
  {
    title: 'messages of a request before its answer',
    options: () => ({ ...STATEFUL, serve: onlyInitialize }),
    run: async (party) => {
      await party.initialize();
      const answer = await party.begin({ body: JSON.stringify(callOf(1)) });
      await party.send(newsOf('notifications/message', { text: 'a\nb\u2028c' }), 1);
      await answer.until('message"');
      party.note({ pending: party.pending });
      await party.send({ jsonrpc: '2.0', id: 9, method: 'roots/list' }, 1);
      await party.send(resultOf(1, { text: '\u00e9\u{1F600}' }));
      await party.complete(answer);
    },
  },
  {
    title: 'an error as the answer',
    options: () => ({ ...STATEFUL, serve: onlyInitialize }),
    run: async (party) => {
      await party.initialize();
      const answer = await party.begin({ body: JSON.stringify(callOf(1)) });
      await party.send({ jsonrpc: '2.0', id: 1, error: { code: -5, message: 'no' } });
      await party.complete(answer);
    },
  },
  {
    title: 'the answers to a batch, one after the other',
    options: () => ({ ...STATEFUL, serve: onlyInitialize }),
    run: async (party) => {
      await party.initialize();
      const answer = await party.begin({ body: JSON.stringify([callOf(1), callOf(2)]) });
      await party.send(resultOf(2));
      await answer.until('"id":2');
      await party.send(newsOf(), 1);
      await party.send(resultOf(1));
      await party.complete(answer);
    },
  },
  {
    title: 'the head of a stream before its first message',
    options: () => ({ ...STATEFUL, serve: onlyInitialize }),
    run: async (party) => {
      await party.initialize();
      const answer = await party.begin({ body: JSON.stringify(callOf(1)) });
      party.note({ status: answer.incoming.statusCode, type: answer.incoming.headers['content-type'] });
      await party.send(resultOf(1));
      await party.complete(answer);
    },
  },
  ...['2025-06-18', NEWEST].flatMap((version) =>
    [undefined, 0, 250].map((retryInterval) => ({
      title: `priming for ${version}, retry ${String(retryInterval)}`,
      options: () => resumable({ retryInterval }),
      run: async (party: Party) => {
        await party.initialize(version);
        const answer = await party.begin({ body: JSON.stringify([callOf(1), newsOf(), callOf(2)]) });
        await party.send(newsOf(), 1);
        await party.send(resultOf(1));
        await party.send(resultOf(2));
        await party.complete(answer);
      },
    })),
  ),
  {
    title: 'no version in the header of a resumable request',
    options: () => resumable(),
    run: async (party) => {
      await party.initialize(NEWEST);
      const answer = await party.begin({ body: JSON.stringify(callOf(1)), without: ['mcp-protocol-version'] });
      await party.send(resultOf(1));
      await party.complete(answer);
    },
  },
];

const CLOSED_EARLY: readonly Case[] = [
  {
    title: 'a handler closes the stream of its request, and the client comes back for the answer',
    options: () =>
      resumable({
        retryInterval: 5,
        serve: (message: Message, extra: Extra, party: Party) => {
          onlyInitialize(message, extra, party);
          if (message.method === 'tools/call') extra.closeSSEStream?.();
        },
      }),
    run: async (party) => {
      await party.initialize(NEWEST);
      await party.post(callOf(1));
      const back = await party.get([['last-event-id', 'event-3']]);
      await party.send(newsOf(), 1);
      await back.until('message"');
      await party.send(resultOf(1));
      await party.complete(back);
    },
  },
  {
    title: 'a handler closes the standalone stream, and the client opens it again',
    options: () =>
      resumable({
        serve: ({ id, method }: Message, extra: Extra, party: Party) => {
          if (method === 'tools/call') extra.closeStandaloneSSEStream?.();
          if (id !== undefined) void party.send(resultOf(id));
        },
      }),
    run: async (party) => {
      await party.initialize(NEWEST);
      const stream = await withStandalone(party);
      await party.post(callOf(1));
      await party.complete(stream);
      await party.send(newsOf('notifications/missed'));
      const back = await party.get([['last-event-id', 'event-3']]);
      await back.until('missed');
      await party.send(newsOf('notifications/later'));
      await back.until('later');
      party.transport.closeStandaloneSSEStream();
      await party.complete(back);
    },
  },
  {
    title: 'what is not there is closed',
    options: () => resumable(),
    run: async (party) => {
      party.transport.closeSSEStream(5);
      party.transport.closeStandaloneSSEStream();
      await party.initialize();
      party.transport.closeSSEStream('init');
      party.transport.closeStandaloneSSEStream();
    },
  },
];

const STANDALONE: readonly Case[] = [
  {
    title: 'messages on the standalone stream',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      const stream = await withStandalone(party);
      party.note({ pending: party.pending });
      await party.send({ jsonrpc: '2.0', id: 3, method: 'roots/list' });
      await stream.until('roots');
      await party.transport.close();
      await party.complete(stream);
    },
  },
  {
    title: 'the standalone stream without a session',
    options: () => STATELESS,
    run: async (party) => {
      const stream = await withStandalone(party);
      await party.transport.close();
      await party.complete(stream);
    },
  },
  {
    title: 'the standalone stream, opened again after it was closed',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      const first = await withStandalone(party);
      party.transport.closeStandaloneSSEStream();
      await party.complete(first);
      const second = await withStandalone(party);
      await party.transport.close();
      await party.complete(second);
    },
  },
  {
    title: 'an event id without an event store',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      const stream = await party.get([['last-event-id', 'event-1']]);
      await party.send(newsOf());
      await stream.until('message"');
      await party.transport.close();
      await party.complete(stream);
    },
  },
  ...[MemoryEventStore, IndexedEventStore].map((Store) => ({
    title: `the standalone stream is resumed from a ${Store.name}`,
    options: () => resumable({ eventStore: new Store() }),
    run: async (party: Party) => {
      await party.initialize();
      const stream = await withStandalone(party);
      await party.send(newsOf('notifications/second'));
      await stream.until('second');
      party.transport.closeStandaloneSSEStream();
      await party.complete(stream);
      await party.send(newsOf('notifications/third'));
      const back = await party.get([['last-event-id', 'event-2']]);
      await back.until('third');
      await party.transport.close();
      await party.complete(back);
    },
  })),
  {
    title: 'an empty event id',
    options: () => resumable(),
    run: async (party) => {
      await party.initialize();
      const stream = await party.get([['last-event-id', '']]);
      await party.transport.close();
      await party.complete(stream);
    },
  },
  {
    title: 'a store that gives empty ids',
    options: () => resumable({ eventStore: storeWith({ storeEvent: () => Promise.resolve('') }) }),
    run: (party) => party.initialize(NEWEST),
  },
  ...['2099-01-01', 'zzz', ''].map((version) => ({
    title: `initialize with the version ${JSON.stringify(version)}`,
    options: () => resumable(),
    run: (party: Party) => party.initialize(version),
  })),
  {
    title: 'close while missed events are replayed',
    options: () => resumable({ eventStore: new SlowReplayStore() }),
    run: async (party) => {
      await party.initialize();
      const store = party.options.eventStore as unknown as SlowReplayStore;
      const asked = party.get([['last-event-id', 'event-1']]);
      await store.asked.promise;
      await party.transport.close();
      store.released.resolve();
      await party.complete(await asked);
    },
  },
  {
    title: 'an answer to an answered request, and to none',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      await party.post(callOf(1));
      await party.send(resultOf(1));
      await party.send(resultOf(77));
    },
  },
  {
    title: 'an answer that belongs to no request',
    options: () => STATEFUL,
    run: async (party) => {
      await party.initialize();
      await party.send({ jsonrpc: '2.0', error: { code: -1, message: 'no' } });
    },
  },
];

export const STREAMS: readonly Case[] = [...OF_REQUESTS, ...CLOSED_EARLY, ...STANDALONE];
