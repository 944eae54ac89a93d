/** Proxies that relay in the context of the first call, dead or alive: by a closure, or by a reader started in it. */
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { staleProxy } from '../support/stale-proxy.js';
import { stages, startCall, textOf } from '../support/stage.js';
import { SCENARIOS, WITH_AND_WITHOUT_STORE } from '../support/transports.js';

const open = stages();

/** The evidence that is left once the caller's word is worth nothing. */
const NEXT_EVIDENCE = { 'streamable-http': 'context', 'in-memory': 'context', stdio: 'sole', sse: 'sole' } as const;

describe.each(SCENARIOS)(
  'a relatedRequestId from the first call, with $transport and a backend over $upstream',
  (scenario) => {
    it('is replaced by the id of the request in flight once the first is over', async () => {
      const stage = await open(scenario.upstream, { kind: scenario, proxy: staleProxy });
      const client = await stage.connect('ann');
      const calls = [];
      for (const tag of ['one', 'two', 'three']) {
        const call = await startCall(client, 'ask', { tag });
        expect(await textOf(call)).toBe(`${tag}: accept ann`);
        calls.push(call.id);
      }

      const [first, second, third] = calls;
      const evidence = NEXT_EVIDENCE[scenario.upstream];
      expect(stage.session(client).routes).toMatchObject([
        { requested: first, relatedRequestId: first, evidence: 'explicit', outcome: 'delivered' },
        { requested: first, relatedRequestId: second, evidence, outcome: 'delivered' },
        { requested: first, relatedRequestId: third, evidence, outcome: 'delivered' },
      ]);
      expect(questionsTo(client)).toEqual([
        ['one', `POST ${String(first)}`],
        ['two', `POST ${String(second)}`],
        ['three', `POST ${String(third)}`],
      ]);
    });
  },
);

it.each(['stdio', 'sse'] as const)(
  'does not believe the context of a reader over %s that was started inside a call which is over',
  async (kind) => {
    const stage = await open(kind, { lazy: true, wrapped: 'downstream-only' });
    const client = await stage.connect('ann');
    const first = await startCall(client, 'ask', { tag: 'one' });
    expect(await textOf(first)).toBe('one: accept ann');
    const second = await startCall(client, 'ask', { tag: 'two' });
    expect(await textOf(second)).toBe('two: accept ann');

    expect(stage.session(client).routes).toMatchObject([
      { requested: undefined, relatedRequestId: first.id, evidence: 'context' },
      { requested: undefined, relatedRequestId: second.id, evidence: 'sole' },
    ]);
  },
);

it('fails the second call of a bare proxy: the transport knows no such request any more', async () => {
  const stage = await open('in-memory', { proxy: staleProxy, wrapped: false });
  const client = await stage.connect('ann');
  const first = await startCall(client, 'ask');
  expect(await textOf(first)).toBe('ask: accept ann');

  await expect(client.callTool('ask')).rejects.toThrow(`No connection established for request ID: ${String(first.id)}`);
});

describe.each(WITH_AND_WITHOUT_STORE)('with $transport', (kind) => {
  it('keeps the relatedRequestId of a request in flight, though the context names another', async () => {
    const stage = await open('in-memory', { kind, proxy: staleProxy });
    const client = await stage.connect('ann', { answers: {} });
    const { routes } = stage.session(client);
    const first = await startCall(client, 'ask', { tag: 'one' });
    const second = await startCall(client, 'ask', { tag: 'two' });
    const asked = [await question(client, 'one'), await question(client, 'two')];

    const kept = { requested: first.id, relatedRequestId: first.id, evidence: 'explicit' };
    expect(routes).toMatchObject([kept, kept]);
    expect(questionsTo(client)).toEqual([
      ['one', `POST ${String(first.id)}`],
      ['two', `POST ${String(first.id)}`],
    ]);
    for (const { message } of asked) await client.reply(message.id, { action: 'decline' });
    expect([await textOf(first), await textOf(second)]).toEqual(['one: decline', 'two: decline']);
  });

  it('replaces a stale id by the right one of several requests in flight', async () => {
    const stage = await open('in-memory', { kind, proxy: staleProxy });
    const client = await stage.connect('ann', { answers: {} });
    const over = await startCall(client, 'echo');
    await textOf(over);

    const calls = [];
    for (const [turn, tag] of [
      [1, 'two'],
      [2, 'three'],
      [0, 'one'],
    ] as const) {
      calls.push({ tag, call: await startCall(client, 'ask_in_turn', { tag, turn, of: 3 }) });
    }
    for (const { tag, call } of calls) {
      const { message, stream } = await question(client, tag);
      expect(stream).toBe(`POST ${String(call.id)}`);
      expect(stage.session(client).routes.find(({ id }) => id === message.id)).toMatchObject({
        requested: over.id,
        relatedRequestId: call.id,
        evidence: 'context',
      });
      await client.reply(message.id, { action: 'decline' });
      expect(await textOf(call)).toBe(`${tag}: decline`);
    }
  });
});

async function question(client: StrictClient, tag: string): ReturnType<StrictClient['next']> {
  return client.next(({ message: { method, params } }) => {
    return method === 'elicitation/create' && (params as { message: string }).message === tag;
  }, 0);
}

/** Each question with the stream it came on. */
function questionsTo(client: StrictClient): unknown[][] {
  return client.arrivals
    .filter(({ message }) => message.method === 'elicitation/create')
    .map(({ message, stream }) => [(message.params as { message: string }).message, stream]);
}
