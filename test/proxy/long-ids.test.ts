/** Ids and progress tokens that a double cannot hold: they are told apart, and written as their sender wrote them. */
import { expect, test } from 'vitest';
import { DOORS, KINDS, rawBackend, rawClient, type Play } from './raw-backends.js';
import { proxies } from './support.js';

const open = proxies();

/** Each two of them are the same double. */
const PAIRS = [
  ['9007199254740993', '9007199254740992'],
  ['12345678901234567890', '12345678901234567891'],
  ['-9007199254740993', '-9007199254740992'],
  ['1e400', '2e400'],
] as const;

const cases = KINDS.flatMap((kind) =>
  Object.entries(DOORS).flatMap(([door, ask]) => PAIRS.map(([one, other]) => [kind, door, one, other, ask] as const)),
);

function call(id: string, name: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"_meta":{"progressToken":${id}},"name":"${name}"}}`;
}

/** Answers two calls when both are there, the newer one first, each with progress before. */
const answersTwo: Play = (text, write, state) => {
  const id = /"id":([^,]+)/.exec(text)?.[1] ?? '';
  if (!text.includes('tools/call')) return;
  const name = /"name":"(\w+)"/.exec(text)?.[1] ?? '';
  const answer = (): void => {
    const progress = `{"progressToken":${id},"progress":1,"message":"${name}"}`;
    write(`{"jsonrpc":"2.0","method":"notifications/progress","params":${progress}}`);
    write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"name":"${name}"}}`);
  };
  const first = state['first'] as (() => void) | undefined;
  if (first === undefined) {
    state['first'] = answer;
    return;
  }
  answer();
  first();
};

function answered(id: string, name: string): string[] {
  return [
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id},"progress":1,"message":"${name}"}}`,
    `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"name":"${name}"}}`,
  ];
}

test.each(cases)('two calls, with a backend over %s, through %s: %s and %s', async (kind, _door, one, other, ask) => {
  const stage = await open(await rawBackend(kind, answersTwo));
  const client = await rawClient(stage.url, ask(stage));
  const answers = await Promise.all([client.post(call(one, 'one')), client.post(call(other, 'other'))]);
  expect(answers).toEqual([answered(one, 'one'), answered(other, 'other')]);
});

/** Sends two server requests for a call, and answers the call with their answers as they came. */
const asksTwice: Play = (text, write, state) => {
  const { id, method } = JSON.parse(text) as { id: unknown; method?: string };
  if (method === 'tools/call') {
    const ids = (/"name":"([^"]+)"/.exec(text)?.[1] ?? '').split(' ');
    state['answers'] = [];
    state['done'] = () => {
      const all = JSON.stringify(state['answers']);
      write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"answers":${all}}}`);
    };
    for (const one of ids) {
      const params = `{"messages":[],"maxTokens":1,"_meta":{"progressToken":${one}}}`;
      write(`{"jsonrpc":"2.0","id":${one},"method":"sampling/createMessage","params":${params}}`);
    }
  } else if (method === 'notifications/progress' || method === undefined) {
    const answers = state['answers'] as string[];
    answers.push(text);
    if (answers.length === 4) (state['done'] as () => void)();
  }
};

test.each(cases)(
  'two server requests of a backend over %s, through %s: %s and %s',
  async (kind, _door, one, other, ask) => {
    const stage = await open(await rawBackend(kind, asksTwice));
    const client = await rawClient(stage.url, ask(stage));
    const asked: string[] = [];
    const answer = (id: string): string =>
      `{"jsonrpc":"2.0","id":${id},"result":{"role":"assistant","answers":"${id}"}}`;
    const progress = (id: string): string =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id},"progress":1}}`;
    const sent = [progress(other), answer(other), progress(one), answer(one)];
    const messages = await client.post(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${one} ${other}"}}`,
      (message) => {
        if (!message.includes('sampling')) return;
        asked.push(/"id":([^,]+)/.exec(message)?.[1] ?? '');
        if (asked.length < 2) return;
        void (async () => {
          for (const body of sent) await client.post(body);
        })();
      },
    );
    expect(asked).toEqual([one, other]);
    expect(messages).toHaveLength(3);
    const { result } = JSON.parse(messages[2] ?? '') as { result: { answers: string[] } };
    // Each was posted by itself, so that their order is not certain.
    expect(result.answers.toSorted()).toEqual(sent.toSorted());
  },
);

/** JavaScript reads ids as doubles, and writes those back. */
const rounds: Play = (text, write) => {
  const { id, params } = JSON.parse(text) as { id: number; params: { _meta: { progressToken: number } } };
  if (!text.includes('tools/call')) return;
  const progress = JSON.stringify({ progressToken: params._meta.progressToken, progress: 1, message: 'one' });
  write(`{"jsonrpc":"2.0","method":"notifications/progress","params":${progress}}`);
  write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"name":"one"}}`);
};

const ways = KINDS.flatMap((kind) => Object.entries(DOORS).map(([door, ask]) => [kind, door, ask] as const));

test.each(ways)(
  'a backend over %s that rounds ids answers the only call it can mean, through %s',
  async (kind, _door, ask) => {
    const stage = await open(await rawBackend(kind, rounds));
    const client = await rawClient(stage.url, ask(stage));
    const id = '12345678901234567890';
    expect(await client.post(call(id, 'one'))).toEqual(answered(id, 'one'));
  },
);

test.each(ways)(
  'a client that rounds ids answers the only request of a backend over %s, through %s',
  async (kind, _door, ask) => {
    const stage = await open(await rawBackend(kind, asksTwice));
    const client = await rawClient(stage.url, ask(stage));
    const asked: string[] = [];
    const messages = await client.post(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"12345678901234567890 7"}}`,
      (message) => {
        if (!message.includes('sampling')) return;
        const { id } = JSON.parse(message) as { id: number };
        asked.push(String(id));
        if (asked.length < 2) return;
        void (async () => {
          for (const progressToken of asked.map(Number)) {
            const params = { progressToken, progress: 1 };
            await client.post(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }));
          }
          for (const id of asked.map(Number)) {
            await client.post(JSON.stringify({ jsonrpc: '2.0', id, result: { role: 'assistant' } }));
          }
        })();
      },
    );
    const { result } = JSON.parse(messages[2] ?? '') as { result: { answers: string[] } };
    const answeredFor = result.answers.map((answer) => /"(?:id|progressToken)":([^,]+)/.exec(answer)?.[1]);
    expect(answeredFor.toSorted()).toEqual(['12345678901234567890', '12345678901234567890', '7', '7']);
    expect(stage.proxy.snapshot().inFlight).toBe(0);
  },
);

/** Answers two calls when both are there, with ids that were read as doubles. */
const roundsTwo: Play = (text, write, state) => {
  if (!text.includes('tools/call')) return;
  const { id, params } = JSON.parse(text) as { id: number; params: { name: string } };
  const answer = (): void => {
    write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"name":"${params.name}"}}`);
  };
  const first = state['first'] as (() => void) | undefined;
  state['first'] = answer;
  if (first === undefined) return;
  answer();
  first();
};

test('over HTTP, the stream tells two calls apart that their backend cannot', async () => {
  const stage = await open(await rawBackend('Streamable HTTP', roundsTwo));
  const client = await rawClient(stage.url);
  const [one, other] = ['12345678901234567890', '12345678901234567891'];
  const answers = await Promise.all([client.post(call(one, 'one')), client.post(call(other, 'other'))]);
  expect(answers).toEqual([answered(one, 'one').slice(1), answered(other, 'other').slice(1)]);
});

/** Sends a server request for a call, and answers the call with the answer as it came. */
const asksOnce: Play = (text, write, state) => {
  const { id, method } = JSON.parse(text) as { id: unknown; method?: string };
  if (method === 'tools/call') {
    state['done'] = (answer: string) => {
      const result = JSON.stringify({ content: [], answer });
      write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`);
    };
    write('{"jsonrpc":"2.0","id":12345678901234567890,"method":"roots/list"}');
  } else if (method === undefined) (state['done'] as (answer: string) => void)(text);
};

test.each(ways)('an answer that is too large is one: over %s, through %s', async (kind, _door, ask) => {
  const stage = await open(await rawBackend(kind, asksOnce), { maxBodyBytes: 10_000 });
  const client = await rawClient(stage.url, ask(stage));
  const tooLarge = `{"jsonrpc":"2.0","id":12345678901234567890,"result":{"roots":[],"x":"${'x'.repeat(20_000)}"}}`;
  const messages = await client.post(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"any"}}',
    (message) => {
      if (message.includes('roots/list')) void client.post(tooLarge);
    },
  );
  const { result } = JSON.parse(messages[1] ?? '') as { result: { answer: string } };
  expect(result.answer).toContain('"id":12345678901234567890,"error":');
});
