/** Networks that lose packets: between a node and all others, the engine, or one other node; both ways, or one way. */
import { describe, expect, it } from 'vitest';
import type { StrictClient } from '../../../examples/lib/strict-client.js';
import { HAS_NETWORKS, networksNote, openNetwork, type Place } from './network.js';
import { isGoneAt, know, LEASE_MS, NOTICED_MS, pingAt, ROUNDS, timed } from './stage.js';

/** Within which a node notices that it cannot reach another, although both live. */
const UNREACHED_MS = 4_500;

const MAY_HAVE_RUN = { code: -32000, message: expect.stringContaining('may have run') as string };
const LOST = { code: -32000, message: expect.stringMatching(/may have run|did not run/) as string };

async function count(client: StrictClient, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) expect(await client.callTool('count', { key })).toBe(key);
}

describe.runIf(HAS_NETWORKS)(`in a network that loses packets${networksNote}`, () => {
  it('a node that is cut off from all is noticed, and is back when the cable is', ROUNDS, async () => {
    const { nodes, connect, unplug, heal } = await openNetwork();
    const [owner, ...others] = nodes;
    const client = await connect({ via: others });
    client.answer('elicitation/create', () => undefined);
    const asked = client.next(({ message }) => message.method === 'elicitation/create');
    const call = client.start('tools/call', { name: 'ask', arguments: { key: 'in flight' } });
    await asked;
    unplug(0);
    const { value, ms } = await timed(call.response);
    expect(value).toMatchObject({ error: MAY_HAVE_RUN });
    expect(ms).toBeLessThan(NOTICED_MS);
    await isGoneAt(others, client);
    const next = await connect({ opensOn: others[0], via: others });
    await count(next, 'one', 'two');
    heal();
    await know(nodes, 3);
    await count(await connect({ via: nodes }), 'back one', 'back two', 'back three');
    await count(next, 'three', 'four');
    // Its first beats may reach the engine although it waits for their answers no longer.
    await expect.poll(async () => (await owner.report()).cluster.isEngineUp, { timeout: LEASE_MS }).toBe(true);
  });

  it('nobody is lost while no node reaches the engine', ROUNDS, async () => {
    const { nodes, connect, lose, heal } = await openNetwork();
    const client = await connect();
    for (const node of [0, 1, 2] as const) lose(node, 'engine');
    const until = performance.now() + 2 * LEASE_MS + 1_000;
    for (let round = 0; performance.now() < until; round++) {
      await count(client, `cut ${round}`);
      await count(
        await connect({ opensOn: nodes[round % 3] ?? nodes[0] }),
        ...[0, 1, 2].map((call) => `new ${round} ${call}`),
      );
    }
    expect((await nodes[0].report()).cluster.isEngineUp).toBe(false);
    heal();
    await know(nodes, 3);
    await count(client, 'back one', 'back two', 'back three');
  });

  it('a node that alone does not reach the engine serves on, and is found again when it does', ROUNDS, async () => {
    const { nodes, connect, lose, heal } = await openNetwork();
    const own = await connect({ via: [nodes[0]] });
    const ofAnother = await connect({ opensOn: nodes[1], via: [nodes[0]] });
    const others = nodes.slice(1);
    lose(0, 'engine');
    await know(others, 2);
    await count(own, 'own');
    await count(ofAnother, 'of another');
    heal();
    await know(nodes, 3);
    for (const node of nodes) expect((await pingAt(node, own)).status).toBe(200);
    await count(own, 'own, again');
  });

  it(
    'a node that does not reach the node of a session: errors in bounded time, and others do reach it',
    ROUNDS,
    async () => {
      // They wait for the most part, each in a network of its own.
      await Promise.all(WAYS.map(unreached));
    },
  );
});

interface Way {
  readonly what: string;
  readonly ways: readonly (readonly [from: Place, to: Place])[];
}

const WAYS: readonly Way[] = [
  {
    what: 'both ways',
    ways: [
      [1, 0],
      [0, 1],
    ],
  },
  { what: 'on the way there', ways: [[1, 0]] },
  { what: 'on the way back', ways: [[0, 1]] },
];

async function unreached({ what, ways }: Way): Promise<void> {
  const { nodes, connect, lose, heal, runsOf } = await openNetwork();
  const [, between, third] = nodes;
  const via = [between];
  const client = await connect({ via });
  await count(client, 'before');
  for (const [from, to] of ways) lose(from, to);
  // On a connection that is open, and on one that is to be opened.
  for (const key of ['first', 'second']) {
    const call = client.start('tools/call', { name: 'count', arguments: { key } });
    const { value, ms } = await timed(call.response);
    expect(value, what).toMatchObject({ error: LOST });
    expect(ms, what).toBeLessThan(UNREACHED_MS);
  }
  expect(runsOf('second'), what).toBe(0);
  via.splice(0, 1, third);
  await count(client, 'over the third');
  heal();
  via.splice(0, 1, between);
  await count(client, 'after');
  await know(nodes, 3);
}
