/** What a backend starts by itself, through the stateful proxy, over each way to reach a backend. */
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { QUESTIONS, startCall, textOf } from '../support/stage.js';
import { UPSTREAM_KINDS } from '../support/upstreams.js';
import { proxies } from './support.js';

const open = proxies();

function arrivalsOf(client: StrictClient, method: string): { stream: string; params: Record<string, unknown> }[] {
  return client.arrivals
    .filter(({ message }) => message.method === method)
    .map(({ stream, message }) => ({ stream, params: message.params as Record<string, unknown> }));
}

/** For each call that asked with its name as the tag: the stream of the question is its own. */
function onOwnStream(client: StrictClient, calls: readonly { id: string | number }[]): boolean[] {
  const asked = new Map(
    arrivalsOf(client, 'elicitation/create').map(({ stream, params }) => [params['message'], stream]),
  );
  return calls.map(({ id }, at) => asked.get(`call ${String(at)}`) === `POST ${String(id)}`);
}

describe.each(UPSTREAM_KINDS)('with a backend over %s', (kind) => {
  it.each(['open', 'never opened'])(
    'answers 20 questions of each kind, each on its own stream, with GET %s',
    async (get) => {
      const stage = await open(kind);
      const client = await stage.connect('ann');
      if (get === 'open') expect((await client.openGet()).status).toBe(200);

      for (const { tool, method, answer } of QUESTIONS) {
        for (let turn = 1; turn <= 20; turn++) {
          const call = await startCall(client, tool);
          expect(await textOf(call), `${tool}, call ${String(turn)}`).toBe(answer);
          expect(arrivalsOf(client, method).at(-1)?.stream).toBe(`POST ${String(call.id)}`);
        }
        expect(arrivalsOf(client, method)).toHaveLength(20);
      }
      expect(stage.errors).toEqual([]);
    },
  );

  it.each(['open', 'never opened'])('delivers the questions of eight concurrent calls with GET %s', async (get) => {
    const stage = await open(kind);
    const client = await stage.connect('ann');
    if (get === 'open') await client.openGet();
    const turns = [5, 2, 7, 0, 3, 6, 1, 4];
    const calls = [];
    for (const [at, turn] of turns.entries()) {
      calls.push(await startCall(client, 'ask_in_turn', { tag: `call ${String(at)}`, turn, of: 8 }));
    }
    const texts = await Promise.all(calls.map(textOf));

    expect(texts).toEqual(turns.map((_, at) => `call ${String(at)}: accept ann`));
    expect(arrivalsOf(client, 'elicitation/create')).toHaveLength(8);
    const isExact = kind === 'streamable-http' || kind === 'in-memory';
    if (isExact) expect(onOwnStream(client, calls)).toEqual(Array.from({ length: 8 }, () => true));
  });

  it('delivers progress and logs on the stream of their call, before its response', async () => {
    const stage = await open(kind);
    const client = await stage.connect('ann');
    const call = await startCall(client, 'count', { steps: 5 }, { progressToken: 'token' });
    expect(await textOf(call)).toBe('counted to 5');
    const own = client.arrivals
      .filter(({ stream }) => stream === `POST ${String(call.id)}`)
      .map(({ message }) => message);
    expect(
      own.map(({ method, params }) => (method === undefined ? 'response' : (params as { progress: number }).progress)),
    ).toEqual([1, 2, 3, 4, 5, 'response']);

    const logging = await startCall(client, 'log', { tag: 'noted' });
    expect(await textOf(logging)).toBe('logged');
    expect(arrivalsOf(client, 'notifications/message')).toEqual([
      { stream: `POST ${String(logging.id)}`, params: { level: 'info', data: 'noted' } },
    ]);
  });
});

describe.each(['stdio', 'sse'] as const)('with a backend over %s and one call at a time', (kind) => {
  it('delivers the questions of eight concurrent calls, each on its own stream', async () => {
    const stage = await open(kind, { serialize: true });
    const client = await stage.connect('ann');
    const calls = [];
    for (let at = 0; at < 8; at++) calls.push(await startCall(client, 'ask', { tag: `call ${String(at)}` }));
    const texts = await Promise.all(calls.map(textOf));

    expect(texts).toEqual(calls.map((_, at) => `call ${String(at)}: accept ann`));
    expect(onOwnStream(client, calls)).toEqual(Array.from({ length: 8 }, () => true));
  });
});
