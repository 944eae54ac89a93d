/** What is passed on unchanged is written as the very text that was read, between a raw client and a raw backend. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DOORS, KINDS, rawBackend, rawClient, type Ask, type Play } from './raw-backends.js';
import { proxies, type ProxyStage } from './support.js';

const open = proxies();

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":';

/** Answers with the arguments as they came. A notification before the answer has the same text in it. */
const echoes: Play = (text, write) => {
  if (!text.includes('"tools/call"')) return;
  const echoed = text.slice(text.indexOf('"arguments":') + '"arguments":'.length, -2);
  // Two messages of more than `maxBufferedBytes` would be one too many for a client that has just begun to read.
  if (echoed.length < 8_000_000)
    write(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${echoed}}}`);
  write(`{"jsonrpc":"2.0","id":1,"result":{"content":[],"echo":${echoed}}}`);
};

const CASES = KINDS.flatMap((kind) => Object.entries(DOORS).map(([door, ask]) => [kind, door, ask] as const));

/** Relays a call with these arguments. @returns what came of them to the client: in a notification, and in the answer */
async function relays(
  kind: (typeof KINDS)[number],
  ask: (proxy: ProxyStage) => Ask,
  { maxMessage, ...options }: Parameters<typeof open>[1] & { readonly maxMessage?: number } = {},
): Promise<(args: string) => Promise<string[]>> {
  const limits = maxMessage === undefined ? {} : { maxMessage };
  const opened = await open(await rawBackend(kind, echoes, limits), options);
  const client = await rawClient(opened.url, ask(opened));
  return async (args) => {
    const messages = await client.post(`${CALL}${args}}}`);
    return messages.map((message) => /"(?:data|echo)":(.*)\}\}$/s.exec(message)?.[1] ?? message);
  };
}

const space = fc.constantFrom('', '', ' ', '  ', '\t');
const digits = fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9'), minLength: 1, maxLength: 40 });
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.constantFrom('0', '1', '9'),
    digits,
    fc.constantFrom('', '.0', '.10', 'e400', 'E+2', '.5e-7'),
  )
  .map(([sign, first, more, end]) => `${sign}${first === '0' ? '0' : first + more}${end}`);
const text = fc
  .array(fc.constantFrom('a', 'ä', '😀', '\\u0041', '\\/', '\\n', '\\"', '\\\\', '\\ud83d\\ude00', ' ', '}', ']'), {
    maxLength: 8,
  })
  .map((parts) => `"${parts.join('')}"`);
const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text,
    fc.constantFrom('true', 'false', 'null'),
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, all]) => `[${gap}${all.join(`${gap},`)}]`),
    tie('object'),
  ),
  // Keys in any order, and twice.
  object: fc
    .array(fc.tuple(fc.constantFrom('"b"', '"a"', '"1"', '"__proto__"', '"\\u0061"'), space, tie('value')), {
      maxLength: 5,
    })
    .map((members) => `{${members.map(([key, gap, member]) => `${gap}${key}${gap}:${gap}${member}`).join(',')}}`),
}));

test.each(CASES)(
  'every text is relayed as it was written, with a backend over %s, through %s',
  async (kind, _door, ask) => {
    const relay = await relays(kind, ask);
    await fc.assert(
      fc.asyncProperty(object, async (args) => {
        expect(await relay(args)).toEqual([args, args]);
      }),
      { numRuns: 100 },
    );
  },
);

test.each(CASES)('so are 2 MB, and line breaks count as spaces: over %s, through %s', async (kind, _door, ask) => {
  const relay = await relays(kind, ask);
  const long = `{"numbers":[${Array.from({ length: 100_000 }, (_, at) => `${at + 1}0000000000000001.0`).join(',')}]}`;
  // A failure must not print them.
  expect((await relay(long)).map((seen) => seen === long)).toEqual([true, true]);
  const pretty = '{\n  "a": 1.0,\n  "b": 9007199254740993\n}';
  const seen = kind === 'stdio' ? pretty.replaceAll('\n', ' ') : pretty;
  expect(await relay(pretty)).toEqual([seen, seen]);
});

/** Answers two calls as one batch, which has spaces in it. */
const answersAsBatch: Play = (text, write, state) => {
  if (!text.includes('"tools/call"')) return;
  const echoed = text.slice(text.indexOf('"arguments":') + '"arguments":'.length, -2);
  const answer = `{"jsonrpc":"2.0","id":${String(/"id":(\d)/.exec(text)?.[1])},"result":{"content":[],"echo":${echoed}}}`;
  const first = state['first'] as string | undefined;
  state['first'] = answer;
  if (first !== undefined) write(`[ ${answer}, ${first} ]`);
};

test.each(Object.entries(DOORS))('so is each message of a batch, through %s', async (_door, ask) => {
  const opened = await open(await rawBackend('stdio', answersAsBatch));
  const client = await rawClient(opened.url, ask(opened));
  const numbers = '[1.0, 9007199254740993, 1e400, "]", {"a":"\\"}"}]';
  const calls = [1, 2].map((id) => `${CALL.replace('"id":1', `"id":${id}`)}{"n":${numbers}}}}`);
  const answers = await client.post(`[${calls.join(' ,\t')} ]`);
  const expected = [2, 1].map((id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"echo":{"n":${numbers}}}}`);
  expect(answers).toEqual(expected);
});

test.each(Object.entries(DOORS))('so is an answer in JSON, alone and in a batch, through %s', async (_door, ask) => {
  const opened = await open(await rawBackend('stdio', answersAsBatch), { enableJsonResponse: true });
  const client = await rawClient(opened.url, ask(opened));
  const args = '{ "n": [1.0, 9007199254740993, 1e400]}';
  const call = (id: number): string => `${CALL.replace('"id":1', `"id":${id}`)}${args}}}`;
  const answer = (id: number): string => `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"echo":${args}}}`;
  expect(await client.json(`[${[1, 2].map(call).join(',')}]`)).toBe(`[${[1, 2].map(answer).join(',')}]`);
  expect(await Promise.all([3, 4].map(async (id) => client.json(call(id))))).toEqual([3, 4].map(answer));
});

/** Keeps events as a store outside of the process does. */
class OutsideStore {
  readonly #events: { id: string; streamId: string; json: string; text: string | undefined }[] = [];

  async storeEvent(streamId: string, message: unknown, text?: string): Promise<string> {
    const id = `event-${this.#events.length}`;
    this.#events.push({ id, streamId, json: JSON.stringify(message), text });
    return Promise.resolve(id);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (id: string, message: unknown, text?: string) => Promise<void> },
  ): Promise<string> {
    const at = this.#events.findIndex(({ id }) => id === lastEventId);
    const streamId = this.#events[at]?.streamId ?? '';
    for (const event of this.#events.slice(at + 1)) {
      if (event.streamId === streamId) await send(event.id, JSON.parse(event.json), event.text);
    }
    return streamId;
  }
}

test.each(CASES)('and so are replayed messages: over %s, through %s', async (kind, _door, ask) => {
  const eventStore = (): never => new OutsideStore() as never;
  const opened = await open(await rawBackend(kind, echoes), { eventStore });
  const client = await rawClient(opened.url, ask(opened));
  const args = '{"n": [1.0, 9007199254740993]}';
  const [first] = await client.events(`${CALL}${args}}}`);
  const replayed = await client.resume(first?.id ?? '');
  expect(replayed).toHaveLength(2);
  for (const message of replayed) expect(message).toContain(args);
});

const TEN_MB = 10 * 1_048_576;

/** Random arguments of about 10 MB, the same in each run. */
function tenMegabytes(): string {
  const members = fc.sample(object, { seed: 7, numRuns: 2_000 });
  const once = members.map((member, at) => `"${at}":${member}`).join(',');
  const times = Math.ceil(TEN_MB / once.length);
  return `{"all":[${Array.from({ length: times }, () => `{${once}}`).join(', ')}]}`;
}

test.each(CASES)('10 MB of random text arrive unchanged: over %s, through %s', async (kind, _door, ask) => {
  const relay = await relays(kind, ask, { maxBodyBytes: 2 * TEN_MB, maxMessage: 2 * TEN_MB });
  const args = tenMegabytes();
  expect(args.length).toBeGreaterThan(TEN_MB);
  // A failure must not print them.
  expect((await relay(args)).map((seen) => seen === args)).toEqual([true]);
});
