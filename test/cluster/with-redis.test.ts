/**
 * What a session can do, with a client whose every request goes to the next of three commands: a real Redis, real servers,
 * and each node a process of its own.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { BACKEND, elicitations, healthOf, Started } from '../cli/support.js';
import { CAPABILITIES, strayCalls } from '../provenance/support.js';
import { isOf, streamsOf } from '../support/arrivals.js';
import { answersOf, QUESTIONS, startCall, textOf } from '../support/stage.js';
import { commandNodes, metricsOf, type RunningNode } from './command-nodes.js';
import { HAS_REDIS, openRedis, redisNote } from './redis.js';

const ANN = { answers: answersOf('ann'), capabilities: CAPABILITIES };

const SERVERS = [
  {
    over: 'stdio',
    evidence: 'provenance',
    serverOf: async () => Promise.resolve(BACKEND),
  },
  {
    over: 'Streamable HTTP',
    evidence: 'context',
    serverOf: async (started: Started) => ['--url', (await started.backendOverHttp()).url],
  },
] as const;

/** Nodes that know each other, for all tests of a group. */
async function openNodes(started: Started, args: readonly string[]): Promise<readonly RunningNode[]> {
  const redis = await openRedis();
  started.add({ close: redis.kill });
  return commandNodes(started).startNodes(3, args, { redis: redis.url });
}

describe.runIf(HAS_REDIS).each(SERVERS)(`three nodes, with a server over $over${redisNote}`, (server) => {
  const started = new Started();
  const { roundRobin } = commandNodes(started);
  let one: RunningNode;
  let two: RunningNode;
  let three: RunningNode;
  /** Its requests go to all nodes in turn. */
  let client: StrictClient;

  beforeAll(async () => {
    const nodes = await openNodes(started, ['--event-store', 'memory', ...(await server.serverOf(started))]);
    [one, two, three] = nodes as [RunningNode, RunningNode, RunningNode];
    client = await roundRobin(one, [two, three, one], ANN);
  });
  beforeEach(() => {
    client.arrivals.splice(0);
    for (const [method, answer] of Object.entries(ANN.answers)) client.answer(method, answer);
  });
  afterAll(async () => started.end());

  /** A client whose session is on the first node, and whose requests never go there. */
  const elsewhere = async (): Promise<StrictClient> => roundRobin(one, [two, three], ANN);

  it('asks by elicitation twenty times in one session, each time on the stream of the call', async () => {
    const ids: (string | number)[] = [];
    for (let turn = 1; turn <= 20; turn++) {
      const call = await startCall(client, 'ask', { tag: `turn ${turn}` });
      expect(await textOf(call)).toBe(`turn ${turn}: accept ann`);
      ids.push(call.id);
    }
    expect(elicitations(client)).toEqual(ids.map((id) => `POST ${id}`));
    for (const node of [two, three])
      expect(await metricsOf(node)).toMatch(/^mcp_backchannel_cluster_passed_total\{outcome="answered"\} [1-9]/m);
  });

  it('asks each of eight calls side by side on its own stream, and guesses none of them', async () => {
    expect(await strayCalls(client, 8, 'ask')).toEqual([]);
    expect(elicitations(client)).toHaveLength(8);
    const metrics = await metricsOf(one);
    expect(metrics).toMatch(
      new RegExp(`^mcp_backchannel_routes_total\\{evidence="${server.evidence}".*\\} [1-9]`, 'm'),
    );
    expect(metrics).not.toMatch(/evidence="(sole|last-inbound)"/);
  });

  it.each(QUESTIONS)('asks by $method, twice, and gets the answers', async ({ tool, method, answer }) => {
    const calls = [await startCall(client, tool)];
    expect(await Promise.all(calls.map(textOf))).toEqual([answer]);
    calls.push(await startCall(client, tool));
    expect(await Promise.all(calls.map(textOf))).toEqual([answer, answer]);
    expect(streamsOf(client, method)).toEqual(calls.map(({ id }) => `POST ${id}`));
  });

  it('reports progress and logs on the stream of the call', async () => {
    const counting = await startCall(client, 'count', { steps: 5 }, { progressToken: 'token' });
    const logging = await startCall(client, 'log', { tag: 'logged' });
    expect(await Promise.all([counting, logging].map(textOf))).toEqual(['counted to 5', 'logged']);
    expect(streamsOf(client, 'notifications/progress')).toEqual(Array(5).fill(`POST ${counting.id}`));
    expect(streamsOf(client, 'notifications/message')).toEqual([`POST ${logging.id}`]);
  });

  it('takes a call back that is cancelled on another node, with its elicitation', async () => {
    client.answer('elicitation/create', () => undefined);
    const { id } = await startCall(client, 'ask');
    const { message } = await client.next(isOf('elicitation/create'), 0);
    await client.notify('notifications/cancelled', { requestId: id });
    const { message: takenBack } = await client.next(isOf('notifications/cancelled'), 0);
    expect(takenBack.params).toMatchObject({ requestId: message.id });
    expect(await client.callTool('echo', { text: 'next' })).toBe('next');
  });

  it('sends what belongs to no call on a GET stream that another node holds', async () => {
    const away = await elsewhere();
    expect((await away.openGet()).status).toBe(200);
    await away.callTool('change_tools');
    expect((await away.next(isOf('notifications/tools/list_changed'), 0)).stream).toBe('GET');
  });

  it('goes on with a broken stream on another node', async () => {
    const away = await elsewhere();
    away.answer('elicitation/create', () => undefined);
    const call = await startCall(away, 'ask');
    const { message, eventId } = await away.next(isOf('elicitation/create'), 0);
    await call.drop();
    expect((await away.openGet(eventId)).status).toBe(200);
    expect((await away.reply(message.id, { action: 'accept', content: { answer: 'late' } })).status).toBe(202);
    expect(await textOf(call)).toBe('ask: accept late');
    expect(away.arrivals.at(-1)?.stream).toBe('GET');
  });

  it('ends a session by a DELETE on another node', async () => {
    const before = ((await healthOf(one.url)) as { readonly sessions: number }).sessions;
    const away = await elsewhere();
    expect(await healthOf(one.url)).toMatchObject({ sessions: before + 1 });
    expect((await away.delete()).status).toBe(200);
    await expect.poll(async () => healthOf(one.url)).toMatchObject({ sessions: before });
    for (const _node of [two, three]) expect((await away.openGet()).status).toBe(404);
  });
});

it.runIf(HAS_REDIS)(`with --serialize, eight calls over three nodes ask on their own streams${redisNote}`, async () => {
  const started = new Started();
  try {
    // Without provenance, nothing else tells whose call asks.
    const nodes = await openNodes(started, ['--serialize', '--no-provenance', ...BACKEND]);
    const [one, two, three] = nodes as [RunningNode, RunningNode, RunningNode];
    const client = await commandNodes(started).roundRobin(one, [two, three, one]);
    client.answer('elicitation/create', (_, { stream }) => ({ action: 'accept', content: { answer: stream } }));
    const calls = Array.from({ length: 8 }, () => client.start('tools/call', { name: 'ask', arguments: {} }));
    expect(await Promise.all(calls.map(textOf))).toEqual(calls.map(({ id }) => `ask: accept POST ${id}`));
    expect(elicitations(client).sort()).toEqual(calls.map(({ id }) => `POST ${id}`).sort());
    expect(await metricsOf(one)).toMatch(/evidence="context",outcome="delivered"\} 8$/m);
  } finally {
    await started.end();
  }
});
