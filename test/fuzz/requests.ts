/** HTTP requests that no honest client sends, as recipes: a test that fails prints them. */
import fc from 'fast-check';
import { INITIALIZE_MESSAGE } from '../support/raw-http.js';

const MESSAGE = { jsonrpc: '2.0', id: 1, method: 'ping' };
const DEEP = 100_000;

const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
export const BODIES = {
  none: Buffer.alloc(0),
  ping: text(MESSAGE),
  initialize: text(INITIALIZE_MESSAGE),
  'initialize twice': text([INITIALIZE_MESSAGE, { ...INITIALIZE_MESSAGE, id: 2 }]),
  'initialize with a null id': text({ ...INITIALIZE_MESSAGE, id: null }),
  'half of it': text(MESSAGE).subarray(0, 20),
  'no JSON': Buffer.from('<html>'),
  'a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text(MESSAGE)]),
  'invalid UTF-8': Buffer.concat([text(MESSAGE).subarray(0, 10), Buffer.from([0xff, 0xc0, 0xaf]), text(MESSAGE)]),
  'zero bytes': Buffer.alloc(64),
  'deep arrays': Buffer.from('['.repeat(DEEP) + ']'.repeat(DEEP)),
  'deep params': Buffer.from(
    `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"echo","arguments":{"a":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}}}`,
  ),
  'a deep result': Buffer.from(`{"jsonrpc":"2.0","id":9,"result":{"a":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}}}`),
  'never closed': Buffer.from('['.repeat(DEEP)),
  'an empty batch': text([]),
  'a batch': text([MESSAGE, { ...MESSAGE, id: 2 }]),
  'a batch of one id': text([MESSAGE, MESSAGE, MESSAGE]),
  'a long batch': text(Array.from({ length: 1_000 }, (_, id) => ({ ...MESSAGE, id }))),
  'a batch of junk': text([1, null, MESSAGE, [MESSAGE]]),
  null: text(null),
  'a number': text(1e308),
  'a string': text('x'.repeat(10_000)),
  'an id of null': text({ ...MESSAGE, id: null }),
  'an id of 0.5': text({ ...MESSAGE, id: 0.5 }),
  // As text: what is made of an object says 0.
  'an id of -0': Buffer.from('{"jsonrpc":"2.0","id":-0,"method":"tools/list","params":{"_meta":{"progressToken":-0}}}'),
  'an id of 1e308': text({ ...MESSAGE, id: 1e308 }),
  'an id that is long': text({ ...MESSAGE, id: 'x'.repeat(100_000) }),
  'an id with a lone surrogate': Buffer.from('{"jsonrpc":"2.0","id":"a\\ud800","method":"ping"}'),
  __proto__body: Buffer.from('{"jsonrpc":"2.0","id":"__proto__","method":"tools/list","__proto__":{"polluted":1}}'),
  'hostile meta': Buffer.from(
    '{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"progressToken":"__proto__","__proto__":{"polluted":1},' +
      '"io.modelcontextprotocol/related-task":{"taskId":"constructor"}}}}',
  ),
  'a method that is a number': text({ ...MESSAGE, method: 1 }),
  'an answer to nothing': text({ jsonrpc: '2.0', id: 'never asked', result: {} }),
  'an error for nobody': text({ jsonrpc: '2.0', id: null, error: { code: 1, message: 'x' } }),
  'a cancellation of nothing': text({ ...MESSAGE, id: undefined, method: 'notifications/cancelled', params: 7 }),
  'progress of nothing': text({ ...MESSAGE, id: undefined, method: 'notifications/progress', params: {} }),
} satisfies Readonly<Record<string, Buffer>>;

/** In each, `HUGE` stands for a string that is too long to be written here. */
export const HUGE_BODIES = [
  '{"jsonrpc":"2.0","id":"HUGE","method":"tools/list"}',
  '{"jsonrpc":"2.0","id":1,"method":"HUGE"}',
  '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"HUGE","arguments":{}}}',
  '{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"progressToken":"HUGE"}}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"HUGE"}}',
];

const LONG = 'x'.repeat(4_000);
const odd = (...values: string[]): fc.Arbitrary<string | null> => fc.option(fc.constantFrom(...values), { freq: 4 });

/** The session `'own'` stands for one that is open. */
const one = fc.record({
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constant('POST') },
    fc.constantFrom('GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'HEAD', 'TRACE', 'BREW', 'get', 'PROPFIND'),
  ),
  path: fc.constantFrom(
    '/mcp',
    '/',
    '*',
    '/%',
    '/%00',
    '//evil.example',
    'http://evil.example/mcp',
    `/${LONG}`,
    '/\xe9',
  ),
  session: odd('own', 'own', 'own', 'nobody', '__proto__', 'constructor', '', 'a b', '\xff\xfe', LONG, 'own, own'),
  lastEventId: odd('0', '__proto__', '', LONG, '_GET_stream', '\xff', 'own_1'),
  version: odd('2025-11-25', '2025-11-25', '', '1', '9999-99-99', '2026-07-28', '__proto__', LONG),
  accept: odd('application/json, text/event-stream', 'application/json', '*/*', 'text/html', ''),
  contentType: odd('application/json', 'application/json; charset=utf-16', 'text/plain', ';;;', 'application/json, x'),
  extra: odd(
    'x-huge: ' + 'y'.repeat(20_000),
    'connection: upgrade\r\nupgrade: websocket',
    'expect: 100-continue',
    'x: \x01',
    ': x',
  ),
  body: fc.constantFrom(...(Object.keys(BODIES) as (keyof typeof BODIES)[])),
  framing: fc.oneof(
    { weight: 6, arbitrary: fc.constant('exact' as const) },
    fc.constantFrom('short', 'long', 'negative', 'twice', 'chunked', 'broken chunks', 'both', 'none', 'no number'),
  ),
});

export type RequestRecipe = typeof one extends fc.Arbitrary<infer R> ? R : never;

/** What is written on one connection. */
export const anyTraffic = fc.record({
  /** More than one: the next is written before the first is answered. */
  requests: fc.array(one, { minLength: 1, maxLength: 3 }),
  /** In pieces of so many bytes. */
  piece: fc.option(fc.constantFrom(1, 7, 100), { freq: 3 }),
  /** How the answer is read. */
  reader: fc.oneof(
    { weight: 4, arbitrary: fc.constant({ how: 'reads' as const }) },
    fc.record({ how: fc.constant('pauses' as const), turns: fc.nat({ max: 20 }) }),
    fc.record({ how: fc.constant('reads little at once' as const), atOnce: fc.constantFrom(1, 2, 100) }),
    fc.constant({ how: 'half-closes' as const }),
    fc.record({ how: fc.constant('drops' as const), after: fc.nat({ max: 600 }), atOnce: fc.constantFrom(1, 50) }),
  ),
});

export type ReaderRecipe = TrafficRecipe['reader'];

export type TrafficRecipe = typeof anyTraffic extends fc.Arbitrary<infer R> ? R : never;

export function bytesOf(recipe: RequestRecipe, host: string, own: string): Buffer {
  const { method, path, session, lastEventId, version, accept, contentType, extra, framing } = recipe;
  const body = BODIES[recipe.body];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...(session === null ? [] : [`mcp-session-id: ${session.replaceAll('own', own)}`]),
    ...(lastEventId === null ? [] : [`last-event-id: ${lastEventId}`]),
    ...(version === null ? [] : [`mcp-protocol-version: ${version}`]),
    `accept: ${accept ?? 'application/json, text/event-stream'}`,
    `content-type: ${contentType ?? 'application/json'}`,
    ...(extra === null ? [] : [extra]),
    ...framed(framing, body.length),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), chunked(framing, body)]);
}

function framed(framing: RequestRecipe['framing'], length: number): string[] {
  switch (framing) {
    case 'exact':
      return [`content-length: ${length}`];
    case 'short':
      return [`content-length: ${length + 10}`];
    case 'long':
      return [`content-length: ${Math.max(0, length - 5)}`];
    case 'negative':
      return ['content-length: -1'];
    case 'twice':
      return [`content-length: ${length}`, `content-length: ${length + 1}`];
    case 'no number':
      return ['content-length: __proto__'];
    case 'chunked':
    case 'broken chunks':
      return ['transfer-encoding: chunked'];
    case 'both':
      return ['transfer-encoding: chunked', `content-length: ${length}`];
    case 'none':
      return [];
  }
}

function chunked(framing: RequestRecipe['framing'], body: Buffer): Buffer {
  if (framing === 'broken chunks') return Buffer.concat([Buffer.from('ffffffffffffffffff\r\n'), body]);
  if (framing !== 'chunked' && framing !== 'both') return body;
  const chunk = body.length === 0 ? [] : [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')];
  return Buffer.concat([...chunk, Buffer.from('0\r\n\r\n')]);
}
