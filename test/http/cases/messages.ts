import { MemoryEventStore } from '../../support/event-store.js';
import {
  STATEFUL,
  STATELESS,
  callOf,
  newsOf,
  resultOf,
  type Message,
  type Party,
  type PartyOptions,
} from '../party.js';
import type { Case } from './case.js';

/** A session in which these bodies are posted, one after the other. */
function posted(title: string, bodies: readonly unknown[], options: () => Partial<PartyOptions> = () => ({})): Case {
  return {
    title,
    options: () => ({ ...STATEFUL, ...options() }),
    run: async (party) => {
      await party.initialize();
      for (const body of bodies) await party.post(body);
    },
  };
}

/** Answers later, in another order than the requests came in. */
function backwards(count: number): NonNullable<PartyOptions['serve']> {
  const waiting: Message[] = [];
  return ({ id, method }, _extra, party) => {
    if (method === 'initialize') void party.send(resultOf(id ?? ''));
    else if (id !== undefined) waiting.unshift(resultOf(id, { waited: true }));
    if (waiting.length === count) for (const answer of waiting) void party.send(answer);
  };
}

const WITH_ERROR = { jsonrpc: '2.0', id: 7, error: { code: -1, message: 'no', data: { why: 'x' } } };

const KINDS: readonly Case[] = [
  posted('a request', [callOf(1, { a: { b: [1, null, 'x'] } })]),
  posted('a request whose id is text', [callOf('one')]),
  posted('a request whose id is empty text', [callOf('')]),
  posted('a request whose id is 0', [callOf(0)]),
  posted('a request with the id of an earlier one', [callOf(1), callOf(1)]),
  posted('a notification', [newsOf()]),
  posted('an answer', [resultOf(7, { ok: true })]),
  posted('an error', [WITH_ERROR]),
  posted('an error without id', [{ jsonrpc: '2.0', error: { code: -1, message: 'no' } }]),
  posted('notifications', [[newsOf(), newsOf('notifications/x')]]),
  posted('answers', [[resultOf(1), WITH_ERROR]]),
  posted('requests', [[callOf(1), callOf(2)]]),
  posted('requests with the same id', [[callOf(1), callOf(1)]]),
  posted('a request among others', [[newsOf(), callOf(1), resultOf(5)]]),
  posted('requests that are answered backwards', [[callOf(1), callOf(2)]], () => ({ serve: backwards(2) })),
  posted('no parameters', [{ jsonrpc: '2.0', id: 1, method: 'ping' }]),
  posted('members of _meta', [callOf(1, { _meta: { progressToken: 'p', other: 1 } })]),
  posted('a batch of 100', [Array.from({ length: 100 }, (_, id) => callOf(id))]),
];

const IN_JSON: readonly Case[] = [
  ...KINDS.map(({ title, options, run }) => ({
    title: `${title}, in JSON`,
    options: () => ({ ...options(), enableJsonResponse: true }),
    run,
  })).filter(({ title }) => !title.includes('backwards') && !title.includes('requests with the same id')),
  posted('requests that are answered backwards, in JSON', [[callOf(1), callOf(2)]], () => ({
    serve: backwards(2),
    enableJsonResponse: true,
  })),
  posted('requests in JSON with an event store', [callOf(1)], () => ({
    enableJsonResponse: true,
    eventStore: new MemoryEventStore(),
  })),
];

const STATELESSLY: readonly Case[] = Object.entries({
  'a request': callOf(1),
  'a notification': newsOf(),
  requests: [callOf(1), callOf(2)],
}).map(([title, message]) => ({
  title: `${title}, stateless`,
  options: () => STATELESS,
  run: (party: Party) => party.post(message),
}));

const EXTRA: readonly Case[] = [
  {
    title: 'headers, path and query',
    options: () => STATELESS,
    run: (party) =>
      party.post(callOf(1), {
        path: '/some/where?a=b%20c&d',
        headers: [
          ['X-Mixed-Case', 'One'],
          ['x-many', 'a'],
          ['x-many', 'b'],
          ['cookie', 'a=1'],
          ['cookie', 'b=2'],
          ['x-latin', 'caf\u00e9'],
        ],
      }),
  },
  {
    title: 'what a middleware knows of the user',
    options: () => ({ ...STATELESS, auth: { token: 't', clientId: 'c', scopes: [] } }),
    run: (party) => party.post(callOf(1)),
  },
  {
    title: 'a parsed body',
    options: () => ({ ...STATELESS, parsedBody: callOf(9) }),
    run: (party) => party.ask({ body: '{' }),
  },
  {
    title: 'a parsed body that is larger than a body may be',
    options: () => ({ ...STATELESS, parsedBody: callOf(9, { a: 'x'.repeat(50) }), maxRequestBodySize: 10 }),
    run: (party) => party.ask({ body: '{' }),
  },
  {
    title: 'a parsed batch',
    options: () => ({ ...STATELESS, parsedBody: [callOf(8), newsOf()] }),
    run: (party) => party.ask({ body: '' }),
  },
];

export const MESSAGES: readonly Case[] = [...KINDS, ...IN_JSON, ...STATELESSLY, ...EXTRA];
