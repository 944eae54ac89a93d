import { STATEFUL, STATELESS, callOf, newsOf, resultOf, type Party } from '../party.js';
import type { Case } from './case.js';

const AFTER_CLOSE = ['POST', 'GET', 'DELETE', 'PUT'].map((method) => ({
  title: `a ${method} after close`,
  options: () => STATEFUL,
  run: async (party: Party) => {
    await party.initialize();
    await party.transport.close();
    await party.ask({ method, body: JSON.stringify(callOf(1)) });
  },
}));

/** Calls a method of the transport, and notes what it says. */
async function note(party: Party, name: string, work: () => Promise<unknown>): Promise<void> {
  await work().then(
    () => party.note(`${name} resolved`),
    (error: unknown) => party.note(`${name}: ${String(error)}`),
  );
}

export const LIVES: readonly Case[] = [
  ...AFTER_CLOSE,
  {
    title: 'a first initialize after close',
    options: () => STATEFUL,
    run: async (party) => {
      await party.transport.close();
      await party.initialize();
    },
  },
  {
    title: 'a second start',
    options: () => STATEFUL,
    run: (party) => note(party, 'start', () => party.transport.start()),
  },
  {
    title: 'a second close',
    options: () => STATEFUL,
    run: async (party) => {
      await note(party, 'close', () => party.transport.close());
      await note(party, 'close', () => party.transport.close());
    },
  },
  {
    title: 'close ends the stream of a request',
    options: () => ({
      ...STATEFUL,
      serve: ({ id, method }, _extra, party) => {
        if (method === 'initialize' && id !== undefined) void party.send(resultOf(id));
      },
    }),
    run: async (party) => {
      await party.initialize();
      const answer = await party.begin({ body: JSON.stringify(callOf(1)) });
      await party.transport.close();
      await party.complete(answer);
    },
  },
  {
    title: 'onsessioninitialized closes the transport',
    options: () => {
      const own = { close: (): Promise<void> => Promise.resolve() };
      return { ...STATEFUL, onsessioninitialized: () => own.close(), own };
    },
    run: async (party) => {
      const { own } = party.options as unknown as { own: { close: () => Promise<void> } };
      own.close = () => party.transport.close();
      await party.initialize();
    },
  },
  {
    title: 'onmessage closes the transport',
    options: () => ({ ...STATEFUL, serve: (_message, _extra, party) => void party.transport.close() }),
    run: (party) => party.initialize(),
  },
  {
    title: 'onmessage of nobody',
    options: () => STATELESS,
    run: async (party) => {
      party.transport.onmessage = undefined;
      await party.post(newsOf());
    },
  },
  {
    title: 'callbacks of nobody',
    options: () => STATEFUL,
    run: async (party) => {
      party.transport.onerror = undefined;
      party.transport.onclose = undefined;
      await party.post(callOf(1));
      await party.initialize();
      await party.ask({ method: 'DELETE' });
    },
  },
  {
    title: 'the id of the session, as the owner sees it',
    options: () => STATEFUL,
    run: async (party) => {
      party.note({ sessionId: party.transport.sessionId ?? null });
      await party.initialize();
      party.note({ sessionId: party.transport.sessionId ?? null });
      await party.transport.close();
      party.note({ sessionId: party.transport.sessionId ?? null });
    },
  },
];
