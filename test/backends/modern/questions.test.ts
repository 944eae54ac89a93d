import { inputRequired, type InputRequest, type McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CAPABILITIES, FORM, modernStage, textOf, toolText, type ModernStage } from './modern-stage.js';

const elicit = (message: string): InputRequest => inputRequired.elicit({ message, requestedSchema: FORM });

/** What a tool asks for in each round, by key. Its result is all that was answered in the last one. */
type Rounds = readonly Readonly<Record<string, InputRequest>>[];

/** A tool that asks in as many rounds. The state says which round it is, and the tag of the call. */
function withRounds(roundsOf: (tag: string) => Rounds): (server: McpServer) => void {
  return (server) => {
    server.registerTool('ask', { inputSchema: z.object({ tag: z.string() }) }, ({ tag }, { mcpReq }) => {
      const [state, round] = [mcpReq.requestState<string>() ?? `${tag} 0`, roundsOf(tag)];
      const [stated, at = ''] = state.split(' ');
      if (stated !== tag) return toolText(`state of ${String(stated)} came with ${tag}`);
      const next = round[Number(at)];
      if (next === undefined) return toolText(`${tag}: ${JSON.stringify(mcpReq.inputResponses ?? {})}`);
      return inputRequired({ inputRequests: next, requestState: `${tag} ${Number(at) + 1}` });
    });
  };
}

const ask = { name: 'ask', arguments: { tag: 't' } };

function expectByContext({ routes }: ModernStage, method: string, count: number): void {
  const asked = routes.filter((route) => route.method === method && route.outcome === 'delivered');
  expect(asked.map(({ evidence, to }) => `${String(evidence)} ${to}`)).toEqual(
    Array.from({ length: count }, () => 'context request'),
  );
}

const accepted = (answer: string): unknown => ({ action: 'accept', content: { answer } });

describe('input that a call of a modern server needs', () => {
  it.each([
    ['elicitation/create', elicit('who?'), accepted('ann')],
    ['sampling/createMessage', inputRequired.createMessage({ messages: [], maxTokens: 5 }), undefined],
    ['roots/list', inputRequired.listRoots(), { roots: [{ uri: 'file:///ann' }] }],
  ])('%s reaches the client that called, and its answer the server', async (method, request, answer) => {
    const stage = await modernStage(withRounds(() => [{ key: request }]));
    const client = await stage.connect();

    const result = await client.callTool(ask);

    const sampled = { role: 'assistant', model: 'none', content: { type: 'text', text: 'ann' } };
    expect(JSON.parse(textOf(result).slice(3))).toEqual({ key: answer ?? sampled });
    expectByContext(stage, method, 1);
  });

  it('in URL mode, has an id, which clients of earlier revisions need', async () => {
    const url = inputRequired.elicitUrl({ message: 'sign in', url: 'https://example.com/in' });
    const stage = await modernStage(withRounds(() => [{ key: url }]));
    const params: unknown[] = [];
    const client = await stage.connect({
      elicit: async (asked) => {
        params.push(asked);
        return Promise.resolve({ action: 'accept' });
      },
    });

    expect(textOf(await client.callTool(ask))).toBe('t: {"key":{"action":"accept"}}');
    expect(params).toEqual([
      { mode: 'url', message: 'sign in', url: 'https://example.com/in', elicitationId: expect.any(String) as string },
    ]);
  });

  it.each(['decline', 'cancel'] as const)('can be refused with %s', async (action) => {
    const stage = await modernStage(withRounds(() => [{ key: elicit('who?') }]));
    const client = await stage.connect({ elicit: async () => Promise.resolve({ action }) });

    expect(textOf(await client.callTool(ask))).toBe(`t: {"key":{"action":"${action}"}}`);
  });

  it('may be several requests at once', async () => {
    const stage = await modernStage(
      withRounds(() => [{ a: elicit('a'), b: elicit('b'), c: inputRequired.listRoots() }]),
    );
    const client = await stage.connect({
      elicit: async ({ message }) => Promise.resolve({ action: 'accept', content: { answer: message } }),
    });

    const result = await client.callTool(ask);

    expect(JSON.parse(textOf(result).slice(3))).toEqual({
      a: accepted('a'),
      b: accepted('b'),
      c: { roots: [{ uri: 'file:///ann' }] },
    });
    expectByContext(stage, 'elicitation/create', 2);
    expectByContext(stage, 'roots/list', 1);
  });

  it('may come in five rounds, each with the answers and the state of the last', async () => {
    const stage = await modernStage(withRounds(() => [1, 2, 3, 4, 5].map((n) => ({ [`k${n}`]: elicit(`${n}`) }))));
    const client = await stage.connect();

    expect(textOf(await client.callTool(ask))).toBe('t: {"k5":{"action":"accept","content":{"answer":"ann"}}}');
    expectByContext(stage, 'elicitation/create', 5);
    const calls = stage.seen.filter(({ body }) => body.method === 'tools/call');
    expect(new Set(calls.map(({ body }) => body.id)).size).toBe(6);
    expect(calls.map(({ body }) => Object.keys(body.params?.['inputResponses'] ?? {}))).toEqual([
      [],
      ['k1'],
      ['k2'],
      ['k3'],
      ['k4'],
      ['k5'],
    ]);
  });

  it('reaches nobody but its caller when sixteen calls of two clients run side by side', async () => {
    const stage = await modernStage(withRounds((tag) => [{ key: elicit(tag) }, { key: elicit(`${tag} again`) }]));
    const asked: Record<string, string[]> = { ann: [], ben: [] };
    const open = (name: string): ReturnType<ModernStage['connect']> =>
      stage.connect({
        name,
        elicit: async ({ message }) => {
          asked[name]?.push(message);
          return Promise.resolve({ action: 'accept', content: { answer: `${name} about ${message}` } });
        },
      });
    const clients = { ann: await open('ann'), ben: await open('ben') };
    const tags = Array.from({ length: 16 }, (_, n) => ({ name: n % 2 === 0 ? 'ann' : 'ben', n }) as const);

    const results = await Promise.all(
      tags.map(async ({ name, n }) => clients[name].callTool({ name: 'ask', arguments: { tag: `${name}${n}` } })),
    );

    expect(results.map(textOf)).toEqual(
      tags.map(({ name, n }) => {
        const answer = `${name} about ${name}${n} again`;
        return `${name}${n}: ${JSON.stringify({ key: { action: 'accept', content: { answer } } })}`;
      }),
    );
    for (const [name, messages] of Object.entries(asked)) {
      expect(messages).toHaveLength(16);
      expect(messages.every((message) => message.startsWith(name))).toBe(true);
    }
    expectByContext(stage, 'elicitation/create', 32);
  });

  it('is no question if the client has not declared that it answers such', async () => {
    const stage = await modernStage(
      withRounds(() => [{ key: inputRequired.listRoots() }]),
      {
        intercept: ({ body, response }) => {
          if (body.method !== 'tools/call') return false;
          const result = { resultType: 'input_required', inputRequests: { key: { method: 'roots/list' } } };
          response
            .setHeader('content-type', 'application/json')
            .end(JSON.stringify({ jsonrpc: '2.0', id: body.id, result }));
          return true;
        },
      },
    );
    const client = await stage.connect({ capabilities: { elicitation: {} } });

    const result = await client.callTool(ask);

    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('roots/list');
    expect(stage.routes.filter(({ method }) => method === 'roots/list')).toEqual([]);
  });

  it('that the client answers with an error fails the call, and withdraws what else was asked', async () => {
    const stage = await modernStage(withRounds(() => [{ a: elicit('hangs'), b: elicit('fails') }]));
    let withdrawn: Promise<unknown> | undefined;
    const client = await stage.connect({
      capabilities: CAPABILITIES,
      elicit: async ({ message }, signal) => {
        if (message === 'fails') throw new Error('no screen');
        withdrawn = new Promise((resolve) => signal.addEventListener('abort', resolve));
        await withdrawn;
        return { action: 'cancel' };
      },
    });

    const result = await client.callTool(ask);

    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain('no screen');
    await withdrawn;
    expect(stage.seen.filter(({ body }) => body.method === 'tools/call')).toHaveLength(1);
  });
});
