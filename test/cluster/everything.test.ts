/** The reference server from npm, over stdio, behind three commands with a real Redis and clients whose every request goes to the next. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { ANSWERS, ASKING, DYNAMIC, mustAskOnStreams, mustTellOnGet, resultOf } from '../cli/everything-calls.js';
import { EVERYTHING, Started } from '../cli/support.js';
import { CAPABILITIES, strayCalls } from '../provenance/support.js';
import { isOf, streamsOf } from '../support/arrivals.js';
import { startCall, textOf } from '../support/stage.js';
import { commandNodes, type RunningNode } from './command-nodes.js';
import { HAS_REDIS, openRedis, redisNote } from './redis.js';

// One session for most: the server takes its time to start.
describe.runIf(HAS_REDIS)(`server-everything behind three nodes${redisNote}`, () => {
  const started = new Started();
  const { startNodes, roundRobin } = commandNodes(started);
  let nodes: readonly RunningNode[];
  let client: StrictClient;

  const connect = async (): Promise<StrictClient> => {
    const [one, two, three] = nodes as [RunningNode, RunningNode, RunningNode];
    return roundRobin(one, [two, three, one], { capabilities: CAPABILITIES, answers: ANSWERS });
  };

  beforeAll(async () => {
    const redis = await openRedis();
    started.add({ close: redis.kill });
    nodes = await startNodes(3, ['--', process.execPath, EVERYTHING, 'stdio'], { redis: redis.url });
    client = await connect();
  });
  beforeEach(() => {
    client.arrivals.splice(0);
    for (const [method, answer] of Object.entries(ANSWERS)) client.answer(method, answer);
  });
  afterAll(async () => started.end());

  // The first, for it keeps them.
  it('gets the roots on the stream of the call', async () => {
    const call = await startCall(client, 'get-roots-list');
    expect(await textOf(call)).toContain('file:///ann');
    expect(streamsOf(client, 'roots/list')).toContain(`POST ${call.id}`);
  });

  it('lists its tools and resources, and runs a tool', async () => {
    const { tools } = await resultOf(client, 'tools/list');
    expect((tools as { readonly name: string }[]).map(({ name }) => name)).toContain('get-sum');
    expect(await client.callTool('get-sum', { a: 2, b: 3 })).toContain('5');
    const uri = `${DYNAMIC}/7`;
    expect(await resultOf(client, 'resources/read', { uri })).toMatchObject({ contents: [{ uri }] });
  });

  it.each(ASKING)('asks with $method on the stream of the call, three times', async (asking) => {
    await mustAskOnStreams(client, asking, 3);
  });

  it('asks each of eight calls side by side on its own stream', async () => {
    expect(await strayCalls(client, 8, 'trigger-elicitation-request')).toEqual([]);
  });

  it('reports progress on the stream of the call', async () => {
    const args = { duration: 0.05, steps: 5 };
    const call = await startCall(client, 'trigger-long-running-operation', args, { progressToken: 'token' });
    expect(await textOf(call)).toContain('completed');
    expect(streamsOf(client, 'notifications/progress')).toEqual(Array(5).fill(`POST ${call.id}`));
  });

  it('tells of a changed resource on the GET stream of its session, and on no other', async () => {
    const other = await connect();
    for (const each of [client, other]) expect((await each.openGet()).status).toBe(200);
    await mustTellOnGet(client, `${DYNAMIC}/2`);
    expect(other.arrivals.filter(isOf('notifications/resources/updated'))).toEqual([]);
    expect(await other.callTool('echo', { message: 'still here' })).toContain('still here');
  });
});
