/** What a hostile client and a hostile server do to one wrapped transport over HTTP, as recipes: a test that fails prints them. */
import fc from 'fast-check';
import type { BackchannelOptions } from '../../src/index.js';
import { anyMessage, anyValue, METHODS } from './hostile.js';
import { BODIES } from './requests.js';

/** Values that are JSON, as they are written. The first ones are what an id or a token may be. */
const NAMES = ['0', '-0', '1', '"1"', '1e308', '""', '"__proto__"', '"constructor"', '"a\\ud800b"'] as const;
const JSON_VALUES = [
  ...NAMES,
  'null',
  '0.5',
  `"${'x'.repeat(10_000)}"`,
  '[]',
  '{"__proto__":{"polluted":true}}',
] as const;

const anyJson = fc.constantFrom(...JSON_VALUES);
/** A transport refuses a POST for one value that is none of these: most must not be. */
const anyName = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...NAMES) }, anyJson);
const anyTask = fc.oneof({ weight: 20, arbitrary: fc.constantFrom('""', '"1"', '"__proto__"') }, anyJson);

/** A message of the client, as text: its id and all of its `_meta` may be anything. */
const anyText = fc.record({
  id: fc.option(anyName, { freq: 6 }),
  method: fc.constantFrom('tools/call', 'tools/call', 'tools/call', ...METHODS),
  token: anyName,
  task: anyTask,
  /** What stands in the place of the whole of it. */
  meta: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, anyJson),
  requestId: anyJson,
});

type TextRecipe = typeof anyText extends fc.Arbitrary<infer R> ? R : never;

export function textOf({ id, method, token, task, meta, requestId }: TextRecipe): string {
  const related = `"io.modelcontextprotocol/related-task":{"taskId":${task}}`;
  const own = meta ?? `{"progressToken":${token},${related},"__proto__":{"polluted":true}}`;
  const params = `{"name":"any","_meta":${own},"requestId":${requestId},"taskId":${task}}`;
  return `{"jsonrpc":"2.0",${id === null ? '' : `"id":${id},`}"method":"${method}","params":${params}}`;
}

/** What the server does with a message while it comes in. */
const REACTIONS = ['none', 'none', 'answers', 'asks', 'notifies', 'throws'] as const;
export type Reaction = (typeof REACTIONS)[number];

const which = fc.nat({ max: 5 });
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
/** The next step does not wait until the server has seen this one. */
const hastily = fc.boolean();

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kind('client posts'),
      texts: fc.oneof({ weight: 3, arbitrary: fc.tuple(anyText) }, fc.array(anyText, { minLength: 1, maxLength: 3 })),
      reaction: fc.constantFrom(...REACTIONS),
      hastily,
    }),
  },
  fc.record({
    kind: kind('client posts junk'),
    body: fc.constantFrom(...(Object.keys(BODIES) as (keyof typeof BODIES)[])),
    hastily,
  }),
  { weight: 2, arbitrary: fc.record({ kind: kind('client opens GET'), resumes: fc.option(which), hastily }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('client drops'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('client answers'), which, hastily }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('server sends'), message: anyMessage, related: anyValue }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('server asks'), id: anyValue, related: fc.option(which), within: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('server answers'), which }) },
);

export type TrafficStep = typeof step extends fc.Arbitrary<infer R> ? R : never;

export const anyExchange = fc.record({
  json: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  store: fc.boolean(),
  options: fc.constantFrom<BackchannelOptions>(
    {},
    { parkTimeoutMs: 2, orphanTimeoutMs: 2 },
    { parkTimeoutMs: 0 },
    { maxParked: 1 },
    { ambiguous: 'reject' },
    { sessionWide: 'standalone-only' },
    { attribution: 'last-inbound' },
  ),
  steps: fc.array(step, { minLength: 2, maxLength: 16 }),
});
