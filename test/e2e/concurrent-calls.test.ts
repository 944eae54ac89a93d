/**
 * Eight calls of one session wait for one another in the backend and then ask, in an order unrelated
 * to that of their arrival, and nobody answers before all have asked. Neither the oldest nor the newest
 * call is the right guess for more than one of them.
 */
import type { RouteEvent } from 'mcp-backchannel';
import { describe, expect, it } from 'vitest';
import type { Arrival, Call, Message, StrictClient } from '../../examples/lib/strict-client.js';
import { stages, startCall, textOf, type ProxySession, type Stage } from '../support/stage.js';
import { WITH_AND_WITHOUT_STORE } from '../support/transports.js';
import { startWebSocket } from '../support/websocket.js';
import { startUpstream, type Upstream, type UpstreamKind } from '../support/upstreams.js';

/** When each call asks, in the order of their arrival. */
const TURNS = [3, 0, 6, 1, 7, 4, 2, 5];
const ALL = TURNS.length;

const open = stages();

interface Outcome {
  readonly calls: readonly Call[];
  /** The questions as they arrived. They come on streams of their own, so in any order. */
  readonly questions: readonly Arrival[];
  readonly session: ProxySession;
}

const BACKENDS = [
  { lazy: false, when: 'before the calls' },
  { lazy: true, when: 'inside the first call, which is still running' },
] as const;

const CASES = WITH_AND_WITHOUT_STORE.flatMap((kind) => BACKENDS.map((backend) => ({ ...kind, ...backend })));

describe.each(CASES)('with $transport, and the backend connected $when', ({ lazy, ...kind }) => {
  // Our own transport is tried with one backend of each sort, which keeps the tests short.
  const knowing = kind.isOurs ? (['in-memory'] as const) : (['streamable-http', 'in-memory'] as const);
  const pipes = kind.isOurs ? (['websocket'] as const) : (['stdio', 'sse', 'websocket'] as const);

  it.each(knowing)('delivers 8 of 8 questions on the streams of their own requests over %s', async (backend) => {
    const outcome = await askAll(await open(backend, { kind, lazy }));

    for (const { message, stream } of outcome.questions) {
      const { id } = callOf(outcome, message);
      expect(stream).toBe(`POST ${String(id)}`);
      expect(routeOf(outcome, message)).toMatchObject({ evidence: 'context', relatedRequestId: id });
    }
    expect(new Set(outcome.questions.map(({ stream }) => stream)).size).toBe(ALL);
  });

  it.each(pipes)(
    'delivers 8 of 8 questions on a live stream over %s, and claims no more than that',
    async (backend) => {
      const outcome = await askAll(await open(await pipe(backend), { kind, lazy }));

      const newest = `POST ${String(outcome.calls.at(-1)?.id)}`;
      expect(outcome.questions.map(({ stream }) => stream)).toEqual(Array(ALL).fill(newest));
      expect(evidenceOf(outcome)).toEqual(Array(ALL).fill('last-inbound'));
    },
  );
});

describe('without asUpstream', () => {
  it('takes the call that started the process for the cause of everything the process says', async () => {
    const outcome = await askAll(await open('stdio', { lazy: true, wrapped: 'downstream-only' }));

    const first = `POST ${String(outcome.calls[0]?.id)}`;
    expect(outcome.questions.map(({ stream }) => stream)).toEqual(Array(ALL).fill(first));
    expect(evidenceOf(outcome)).toEqual(Array(ALL).fill('context'));
  });
});

describe("with ambiguous: 'reject'", () => {
  it('still tells concurrent calls apart where the context can', async () => {
    const outcome = await askAll(await open('streamable-http', { backchannel: { ambiguous: 'reject' } }));
    expect(evidenceOf(outcome)).toEqual(Array(ALL).fill('context'));
  });
});

/** Has all eight ask, answers each, and sees that each gets the answer to its own question. */
async function askAll(stage: Stage): Promise<Outcome> {
  const client = await stage.connect();
  const questions: Arrival[] = [];
  const asked = new Promise<void>((resolve) => {
    client.answer('elicitation/create', (_, arrival) => {
      if (questions.push(arrival) === ALL) resolve();
      return undefined;
    });
  });
  const calls = await startAll(client);
  await asked;

  for (const { message } of questions) {
    const { message: tag } = message.params as { message: string };
    await client.reply(message.id, { action: 'accept', content: { answer: `re ${tag}` } });
  }
  expect(await Promise.all(calls.map(textOf))).toEqual(
    TURNS.map((turn) => `q${String(turn)}: accept re q${String(turn)}`),
  );
  return { calls, questions, session: stage.session(client) };
}

async function startAll(client: StrictClient): Promise<Call[]> {
  const calls: Call[] = [];
  for (const turn of TURNS) {
    calls.push(await startCall(client, 'ask_in_turn', { tag: `q${String(turn)}`, turn, of: ALL }));
  }
  return calls;
}

function evidenceOf({ session }: Outcome): unknown[] {
  return session.routes.map(({ evidence }) => evidence);
}

/** The call that a question belongs to, by its tag. */
function callOf({ calls }: Outcome, { params }: Message): Call {
  const { message: tag } = params as { message: string };
  const call = calls.find((_, index) => tag === `q${String(TURNS[index])}`);
  if (call === undefined) throw new Error(`nobody asked ${tag}`);
  return call;
}

function routeOf({ session }: Outcome, { id }: Message): RouteEvent | undefined {
  return session.routes.find((event) => event.id === id);
}

async function pipe(kind: UpstreamKind | 'websocket'): Promise<Upstream> {
  return kind === 'websocket' ? startWebSocket() : startUpstream(kind);
}
