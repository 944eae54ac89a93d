/** What a backend starts by itself, through the command, seen by a client that reads its streams by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBackend } from '../../examples/lib/backend.js';
import { serve } from '../../examples/lib/serve.js';
import { StrictClient } from '../../examples/lib/strict-client.js';
import { isOf, streamsOf } from '../support/arrivals.js';
import { answersOf, startCall, textOf } from '../support/stage.js';
import { BACKEND, elicitations, Started, type Command } from './support.js';

const GET = ['open', 'never opened'] as const;
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const ANSWERS = answersOf('ann');

const UPSTREAMS: Readonly<Record<string, (serving: Started) => Promise<readonly string[]>>> = {
  stdio: async () => Promise.resolve(BACKEND),
  'Streamable HTTP': async (serving) => {
    const served = await serve({
      async onSession(transport) {
        await createBackend().connect(transport);
        return transport;
      },
    });
    serving.add({ close: served.close });
    return ['--url', served.url];
  },
};

describe.each(Object.entries(UPSTREAMS))('through the command, a backend over %s', (kind, upstream) => {
  const serving = new Started();
  let url: string;
  let command: Command;
  beforeAll(async () => {
    const patience = ['--park-timeout', '50ms', '--orphan-timeout', '50ms'];
    ({ url, command } = await serving.endpoint(['--trace', ...patience, ...(await upstream(serving))]));
  });
  afterAll(async () => serving.end());

  const connect = async (started: Started, get: (typeof GET)[number], name = 'ann'): Promise<StrictClient> => {
    const client = await started.client(url, { answers: answersOf(name), capabilities: CAPABILITIES });
    if (get === 'open') expect((await client.openGet()).status).toBe(200);
    return client;
  };

  // One session for all of these: it must not matter what was before.
  describe.each(GET)('in one session, with GET %s,', (get) => {
    let client: StrictClient;
    beforeAll(async () => (client = await connect(serving, get)));
    beforeEach(() => {
      client.arrivals.splice(0);
      for (const [method, answer] of Object.entries(ANSWERS)) client.answer(method, answer);
    });

    it('asks 20 times, each time on the stream of the call', async () => {
      const calls = [];
      for (let turn = 1; turn <= 20; turn++) {
        const call = await startCall(client, 'ask', { tag: `call ${turn}` });
        expect(await textOf(call)).toBe(`call ${turn}: accept ann`);
        calls.push(call);
      }
      expect(elicitations(client)).toEqual(calls.map(({ id }) => `POST ${id}`));
    });

    it.each([
      { tool: 'sample', method: 'sampling/createMessage', answer: 'ann' },
      { tool: 'roots', method: 'roots/list', answer: 'file:///ann' },
    ])('asks with $method on the stream of the call', async ({ tool, method, answer }) => {
      const call = await startCall(client, tool);
      expect(await textOf(call)).toBe(answer);
      expect(streamsOf(client, method)).toEqual([`POST ${call.id}`]);
    });

    it('reports progress five times, and logs, on the stream of the call before its response', async () => {
      const counting = await startCall(client, 'count', { steps: 5 }, { progressToken: 'token' });
      expect(await textOf(counting)).toBe('counted to 5');
      const logging = await startCall(client, 'log', { tag: 'noted' });
      expect(await textOf(logging)).toBe('logged');

      expect(client.arrivals.map(({ stream, message: { params } }) => [stream, params as unknown])).toEqual([
        ...[1, 2, 3, 4, 5].map((progress) => [`POST ${counting.id}`, { progressToken: 'token', progress, total: 5 }]),
        [`POST ${counting.id}`, undefined],
        [`POST ${logging.id}`, { level: 'info', data: 'noted' }],
        [`POST ${logging.id}`, undefined],
      ]);
    });

    it('asks the questions of eight concurrent calls, and gets the answer to each', async () => {
      client.answer('elicitation/create', echo);
      // The last to come may be the first to ask.
      const turns = [5, 2, 7, 0, 3, 6, 1, 4];
      const calls = [];
      for (const [at, turn] of turns.entries())
        calls.push(await startCall(client, 'ask_in_turn', { tag: `call ${at}`, turn, of: 8 }));

      expect(await Promise.all(calls.map(textOf))).toEqual(turns.map((_, at) => `call ${at}: accept call ${at}`));
      const own = calls.map(({ id }) => `POST ${id}`);
      expect(elicitations(client)).toHaveLength(8);
      // One pipe does not tell which call it carries a question of: any stream of a call will do there.
      if (kind === 'stdio') expect(own).toEqual(expect.arrayContaining(elicitations(client)));
      else expect(questionsByCall(client)).toEqual(own);
    });

    it('hears that a call is cancelled, and takes its question back on the stream of the call', async () => {
      client.answer('elicitation/create', () => undefined);
      const call = await startCall(client, 'ask');
      const question = await client.next(isOf('elicitation/create'), 0);
      await client.notify('notifications/cancelled', { requestId: call.id, reason: 'changed my mind' });

      const taken = await client.next(isOf('notifications/cancelled'), 0);
      expect(taken.message.params).toMatchObject({ requestId: question.message.id });
      expect([question.stream, taken.stream]).toEqual([`POST ${call.id}`, `POST ${call.id}`]);
      expect(await client.callTool('echo', { text: 'still here' })).toBe('still here');
      expect(client.arrivals.map(({ message: { id, method } }) => [method, id])).not.toContainEqual([
        undefined,
        call.id,
      ]);
    });
  });

  describe('in several sessions,', () => {
    const started = new Started();
    afterEach(async () => started.end());

    it('says that its tools have changed on GET, and on the stream of a call where GET was never opened', async () => {
      const [listening, deaf] = [await connect(started, 'open'), await connect(started, 'never opened')];
      for (const client of [listening, deaf]) expect(await client.callTool('change_tools')).toBe('changed');
      const isNews = isOf('notifications/tools/list_changed');
      expect((await listening.next(isNews, 0)).stream).toBe('GET');
      // It stays open, for it waits for a second one.
      const open = await startCall(deaf, 'ask_in_turn', { turn: 0, of: 2 });
      expect(['POST 1', `POST ${open.id}`]).toContain((await deaf.next(isNews, 0)).stream);
    });

    it('keeps those with the same request ids apart', async () => {
      const ann = await connect(started, 'never opened', 'ann');
      const bob = await connect(started, 'open', 'bob');
      const calls = [];
      for (let turn = 0; turn < 4; turn++)
        calls.push(await startCall(ann, 'ask', { tag: 'ann' }), await startCall(bob, 'ask', { tag: 'bob' }));

      expect(calls.map(({ id }) => id)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
      const texts = ['ann: accept ann', 'bob: accept bob'];
      expect(await Promise.all(calls.map(textOf))).toEqual([...texts, ...texts, ...texts, ...texts]);
      expect(questionsOf(ann)).toEqual(['ann', 'ann', 'ann', 'ann']);
      expect(questionsOf(bob)).toEqual(['bob', 'bob', 'bob', 'bob']);
    });

    it.each([
      { when: 'before the question', ms: 50 },
      { when: 'after the question', ms: 0 },
    ])('gets an error in bounded time from one whose client vanishes $when, and serves on', async ({ ms }) => {
      const client = await started.client(url, { answers: {}, capabilities: CAPABILITIES });
      await startCall(client, 'ask_later', { ms, note: 'outcome' });
      if (ms === 0) await client.next(isOf('elicitation/create'), 0);
      client.vanish();
      // Until it is over nobody speaks in this session: whoever does is there, and may be a human who thinks.
      const session = String(client.sessionId).slice(0, 8);
      await command.line(new RegExp(`^[\\d:.]+Z ${session} .* elicitation/create .*: (refused|failed|orphaned)`));

      const again = new StrictClient(url);
      again.sessionId = client.sessionId;
      await expect
        .poll(async () => again.callTool('recall', { key: 'outcome' }), { timeout: 10_000 })
        .toMatch(/failed: /);
      await again.delete();
      const another = await connect(started, 'never opened');
      expect(await another.callTool('ask', { tag: 'next' })).toBe('next: accept ann');
    });
  });
});

it.each(GET)('with --serialize, eight concurrent calls over stdio ask on their own streams, GET %s', async (get) => {
  const started = new Started();
  try {
    const { url } = await started.endpoint(['--serialize', ...BACKEND]);
    const client = await started.client(url, { answers: { 'elicitation/create': echo } });
    if (get === 'open') expect((await client.openGet()).status).toBe(200);
    const calls = [];
    for (let at = 0; at < 8; at++) calls.push(await startCall(client, 'ask', { tag: `call ${at}` }));

    expect(await Promise.all(calls.map(textOf))).toEqual(calls.map((_, at) => `call ${at}: accept call ${at}`));
    expect(questionsByCall(client)).toEqual(calls.map(({ id }) => `POST ${id}`));
  } finally {
    await started.end();
  }
});

function questionOf(params: unknown): string {
  return (params as { readonly message: string }).message;
}

/** Answers a question with itself: what comes of it shows whose it was. */
function echo({ params }: { readonly params?: unknown }): object {
  return { action: 'accept', content: { answer: questionOf(params) } };
}

function questionsOf({ arrivals }: StrictClient): string[] {
  return arrivals.filter(isOf('elicitation/create')).map(({ message }) => questionOf(message.params));
}

/** The streams of the questions of `call 0`, `call 1`, …, in this order. */
function questionsByCall({ arrivals }: StrictClient): string[] {
  return arrivals
    .filter(isOf('elicitation/create'))
    .sort((one, other) => questionOf(one.message.params).localeCompare(questionOf(other.message.params)))
    .map(({ stream }) => stream);
}
