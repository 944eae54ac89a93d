/** Where our transport differs from the SDK's, and means to. Each difference is listed in docs/http.md. */
import { StreamableHTTPServerTransport as SdkTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { StreamableHTTPServerTransport } from 'mcp-backchannel/http';
import { afterEach, expect, it } from 'vitest';
import { IndexedEventStore, MemoryEventStore } from '../support/event-store.js';
import { INITIALIZE_MESSAGE } from '../support/raw-http.js';
import {
  Party,
  STATEFUL,
  STATELESS,
  callOf,
  newsOf,
  resultOf,
  storeWith,
  type Answer,
  type Message,
  type PartyOptions,
} from './party.js';

const open: Party[] = [];

afterEach(async () => {
  for (const party of open.splice(0)) await party.close();
});

/** What both say to the same, first the SDK's transport. */
async function both<T>(options: () => PartyOptions, run: (party: Party) => Promise<T>): Promise<[T, T]> {
  const results: T[] = [];
  for (const Class of [SdkTransport, StreamableHTTPServerTransport]) {
    const party = await Party.open(Class, options());
    open.push(party);
    results.push(await run(party));
  }
  return results as [T, T];
}

const statusOf = ({ incoming }: Answer): number | undefined => incoming.statusCode;
const errorsIn = ({ journal }: Party): unknown[] => journal.filter((entry) => String(entry).startsWith('onerror'));

/** Answers nothing but `initialize`. */
function waits({ id, method }: Message, _extra: unknown, party: Party): void {
  if (method === 'initialize' && id !== undefined) void party.send(resultOf(id));
}

it('the newest standalone stream wins, and the SDK refuses it', async () => {
  const found = await both(
    () => STATEFUL,
    async (party) => {
      await party.initialize();
      const older = await party.get();
      const newer = await party.get();
      if (statusOf(newer) === 200) await older.ended;
      await party.send(newsOf());
      await (statusOf(newer) === 200 ? newer : older).until('message"');
      return { status: statusOf(newer), olderHasEnded: older.incoming.readableEnded, errors: errorsIn(party) };
    },
  );
  expect(found).toEqual([
    {
      status: 409,
      olderHasEnded: false,
      errors: ['onerror: Error: Conflict: Only one SSE stream is allowed per session'],
    },
    { status: 200, olderHasEnded: true, errors: [] },
  ]);
});

it('the newest client that comes back to a stream wins, and the SDK refuses it', async () => {
  const found = await both(
    () => ({ ...STATEFUL, serve: waits, eventStore: new IndexedEventStore() }),
    async (party) => {
      await party.initialize('2025-11-25');
      const call = await party.begin({ body: JSON.stringify(callOf(1)) });
      await call.until('event-3');
      const back = await party.get([['last-event-id', 'event-3']]);
      await party.send(resultOf(1, { text: 'done' }));
      await back.ended;
      return { status: statusOf(back), isAnswered: back.body.includes('done') };
    },
  );
  expect(found).toEqual([
    { status: 409, isAnswered: false },
    { status: 200, isAnswered: true },
  ]);
});

it('a resumed stream that is complete ends, and with the SDK it stays open', async () => {
  const found = await both(
    () => ({ ...STATEFUL, eventStore: new MemoryEventStore() }),
    async (party) => {
      await party.initialize('2025-11-25');
      await party.post(callOf(1));
      const back = await party.get([['last-event-id', 'event-3']]);
      await back.until('"id":1');
      // Whatever ends it at once would have ended it by the time a later request is answered.
      await party.post(callOf(2));
      return back.incoming.readableEnded;
    },
  );
  expect(found).toEqual([false, true]);
});

it.each([
  ['*/*', 'text/event-stream'],
  ['application/*, text/*', 'text/event-stream'],
  ['APPLICATION/JSON, TEXT/EVENT-STREAM', 'text/event-stream'],
  ['text/event-stream', 'text/event-stream'],
  ['application/json', 'application/json'],
  ['application/json, text/event-stream;q=0', 'application/json'],
])('a client that accepts %s gets its answer', async (accept, type) => {
  const found = await both(
    () => STATELESS,
    async (party) => {
      const answer = await party.post(callOf(1), { headers: [['accept', accept]] });
      return [statusOf(answer), answer.incoming.headers['content-type']];
    },
  );
  // The SDK looks for the two names, and for nothing else.
  expect(found[0][0]).toBe(accept.includes('q=0') ? 200 : 406);
  expect(found[1]).toEqual([200, type]);
});

it.each([
  ['parameters', { ...callOf(1), params: null }],
  ['metadata', callOf(1, { _meta: null })],
  ['a progress token', callOf(1, { _meta: { progressToken: null } })],
])('null for %s that are absent', async (_what, message) => {
  const found = await both(
    () => STATELESS,
    async (party) => statusOf(await party.post(message)),
  );
  expect(found).toEqual([400, 200]);
});

it('an id above 2^53 is a request, and the SDK refuses it', async () => {
  const found = await both(
    () => STATELESS,
    async (party) => statusOf(await party.ask({ body: '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}' })),
  );
  expect(found).toEqual([400, 200]);
});

it('a client that waits for a JSON answer is told when the transport closes', async () => {
  const party = await Party.open(StreamableHTTPServerTransport, {
    ...STATEFUL,
    enableJsonResponse: true,
    serve: waits,
  });
  open.push(party);
  await party.initialize();
  const answer = party.post(callOf(1));
  while (!JSON.stringify(party.journal).includes('tools/call')) await new Promise((resolve) => setImmediate(resolve));
  await party.transport.close();
  expect(statusOf(await answer)).toBe(404);
  expect((await answer).body).toContain('-32001');
});

it('onerror gets an Error, whatever was thrown', async () => {
  const found = await both(
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- callers may throw anything
    () => ({ ...STATEFUL, onsessioninitialized: () => Promise.reject('just text') }),
    async (party) => {
      const { body } = await party.post(INITIALIZE_MESSAGE);
      return [...errorsIn(party), (JSON.parse(body) as { error: object }).error];
    },
  );
  // The client is told the same.
  const error = { code: -32_700, message: 'Parse error', data: 'just text' };
  expect(found).toEqual([
    ['onerror: just text', error],
    ['onerror: Error: just text', error],
  ]);
});

it('a failure that is answered with an empty 500 reaches onerror, and the SDK tells nobody', async () => {
  const reused = await both(
    () => STATELESS,
    async (party) => {
      await party.post(newsOf());
      return [statusOf(await party.post(newsOf())), ...errorsIn(party)];
    },
  );
  const text = 'Stateless transport cannot be reused across requests. Create a new transport per request.';
  expect(reused).toEqual([[500], [500, `onerror: Error: ${text}`]]);

  const ended = await both(
    () => ({ ...STATEFUL, onsessionclosed: () => Promise.reject(new RangeError('no')) }),
    async (party) => {
      await party.initialize();
      const answer = await party.ask({ method: 'DELETE' });
      return [statusOf(answer), answer.body, ...party.journal.filter((entry) => typeof entry === 'string').slice(1)];
    },
  );
  const told = ['onsessionclosed the-session', 'onclose'];
  expect(ended).toEqual([
    [500, '', ...told],
    [500, '', ...told, 'onerror: RangeError: no'],
  ]);
});

it('a server that throws at a message does not make it the fault of the client', async () => {
  const found = await both(
    () => ({
      ...STATELESS,
      serve: () => {
        throw new TypeError('no');
      },
    }),
    async (party) => [statusOf(await party.post(newsOf())), ...errorsIn(party)],
  );
  expect(found).toEqual([
    [400, 'onerror: TypeError: no'],
    [202, 'onerror: BackchannelError: onmessage threw: no. Messages are not affected.'],
  ]);
});

it('what is sent before the client holds a stream waits for one, and the SDK drops it', async () => {
  const found = await both(
    () => ({ ...STATEFUL, eventStore: storeWith({}) }),
    async (party) => {
      void party.send(newsOf('notifications/early'));
      await party.initialize();
      const stream = await party.get();
      await party.send(newsOf('notifications/late'));
      await stream.until('late');
      return stream.body.includes('early');
    },
  );
  expect(found).toEqual([false, true]);
});

it('a host that makes no URL is refused before anything else, and by the SDK when it reads the body', async () => {
  const found = await both(
    () => STATELESS,
    async (party) => {
      const answer = await party.post(callOf(1), { headers: [['host', '999.1.1.1']] });
      return [statusOf(answer), answer.body.includes('Parse error'), ...errorsIn(party)];
    },
  );
  expect(found).toEqual([
    [400, true, 'onerror: TypeError: Invalid URL'],
    [400, false],
  ]);
});
