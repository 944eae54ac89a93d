/** Nodes that are killed, stopped and told to end, while clients call through the others. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Arrival, Call, StrictClient } from '../../../examples/lib/strict-client.js';
import { deferred } from '../../support/deferred.js';
import { HAS_REDIS, redisNote } from '../redis.js';
import { AT_ONCE_MS, isGoneAt, know, NOTICED_MS, openStage, ownerIdOf, pingAt, ROUNDS, timed } from './stage.js';

/** After which the SDK's client opens a stream again that broke, by itself. */
const SDK_RETRY_MS = 1_000;

const MAY_HAVE_RUN = { code: -32000, message: expect.stringContaining('may have run') as string };

/** A call that waits for an answer of the user, who does not give one. */
async function asking(client: StrictClient, key: string): Promise<{ readonly call: Call; readonly asked: Arrival }> {
  client.answer('elicitation/create', () => undefined);
  const arrival = client.next(({ message }) => message.method === 'elicitation/create');
  const call = client.start('tools/call', { name: 'ask', arguments: { key } });
  return { call, asked: await arrival };
}

describe.runIf(HAS_REDIS)(`a node of a session${redisNote}`, () => {
  it(
    'is killed: its call gets an error on its own stream at once, then 404 on every node, and a new session works',
    ROUNDS,
    async () => {
      const { nodes, connect, runsOf } = await openStage();
      const [owner, ...others] = nodes;
      const client = await connect({ via: others });
      const { call } = await asking(client, 'in flight');
      owner.signal('SIGKILL');
      const { value, ms } = await timed(call.response);
      expect(value.error).toMatchObject(MAY_HAVE_RUN);
      expect(ms).toBeLessThan(AT_ONCE_MS);
      expect(client.arrivals.at(-1)?.stream).toBe(`POST ${String(call.id)}`);
      await isGoneAt(others, client);
      const next = await connect({ opensOn: others[0], via: others });
      expect(await next.callTool('count', { key: 'next' })).toBe('next');
      expect([runsOf('in flight'), runsOf('next')]).toEqual([1, 1]);
    },
  );

  it('is frozen and woken: errors within lease and two beats, then 404, and it ends what it had', ROUNDS, async () => {
    const { nodes, connect } = await openStage();
    const [owner, ...others] = nodes;
    const client = await connect({ via: others });
    const former = ownerIdOf(client);
    const { call } = await asking(client, 'in flight');
    owner.signal('SIGSTOP');
    const late = client.start('tools/call', { name: 'count', arguments: { key: 'sent to a frozen node' } });
    const answers = await timed(Promise.all([call.response, late.response]));
    for (const { error } of answers.value) expect(error).toMatchObject(MAY_HAVE_RUN);
    expect(answers.ms).toBeLessThan(NOTICED_MS);
    await isGoneAt(others, client);
    const next = await connect({ opensOn: others[0], via: others });
    expect(await next.callTool('count', { key: 'next' })).toBe('next');

    owner.signal('SIGCONT');
    await know(nodes, 3);
    await expect.poll(async () => (await owner.report()).proxy.sessions, { timeout: 5_000 }).toBe(0);
    expect((await owner.report()).cluster.node).not.toBe(former);
    await isGoneAt(nodes, client);
    const again = await connect({ via: nodes });
    expect(ownerIdOf(again)).toBe((await owner.report()).cluster.node);
    for (const key of ['one', 'two', 'three']) expect(await again.callTool('count', { key })).toBe(key);
    expect(await next.callTool('count', { key: 'still there' })).toBe('still there');
  });

  it('is told to end: its calls finish, and what they ask is answered over the other nodes', ROUNDS, async () => {
    const { nodes, connect, runsOf } = await openStage();
    const [owner, ...others] = nodes;
    const client = await connect({ via: others });
    const slow = client.start('tools/call', { name: 'count', arguments: { key: 'slow', ms: 1_000 } });
    const { call, asked } = await asking(client, 'in flight');
    await expect.poll(() => runsOf('slow')).toBe(1);
    owner.signal('SIGTERM');
    await expect.poll(async () => (await owner.report()).cluster.isDraining).toBe(true);
    expect(await slow.response).toMatchObject({ result: { content: [{ text: 'slow' }] } });
    // A new session that is brought to it is opened on another node.
    const next = await connect({ via: others });
    expect(ownerIdOf(next)).not.toBe(ownerIdOf(client));
    expect((await client.reply(asked.message.id, { action: 'accept', content: { answer: 'in time' } })).status).toBe(
      202,
    );
    expect(await call.response).toMatchObject({ result: { content: [{ text: 'in flight: accept in time' }] } });
    expect(await owner.exit()).toBe(0);
    await isGoneAt(others, client);
    expect(await next.callTool('count', { key: 'next' })).toBe('next');
  });
});

describe.runIf(HAS_REDIS)(`a node between a client and its session${redisNote}`, () => {
  it('is killed: the stream is resumed on a third, and the answer is delivered', ROUNDS, async () => {
    const { nodes, connect, runsOf } = await openStage({ hasEventStore: true });
    const [, between, third] = nodes;
    const via = [between];
    const client = await connect({ via });
    const { call, asked } = await asking(client, 'in flight');
    via.splice(0, 1, third);
    between.signal('SIGKILL');
    await (
      await call.exchange
    ).ended;
    const resumed = await client.openGet(asked.eventId);
    expect(resumed.status).toBe(200);
    expect((await client.reply(asked.message.id, { action: 'accept', content: { answer: 'late' } })).status).toBe(202);
    expect(await call.response).toMatchObject({ result: { content: [{ text: 'in flight: accept late' }] } });
    expect(client.arrivals.at(-1)?.stream).toBe('GET');
    expect(runsOf('in flight')).toBe(1);
    expect((await pingAt(third, client)).status).toBe(200);
  });
});

describe.runIf(HAS_REDIS)(
  `the node of a session, which its client calls directly, with an event store${redisNote}`,
  () => {
    it(
      'is killed: calls get an error wherever the client comes back to its stream, then 404, and a new session works',
      ROUNDS,
      async () => {
        const { nodes, connect, runsOf } = await openStage({ hasEventStore: true });
        const [owner, ...others] = nodes;
        const cut = await Promise.all(
          others.map(async (back, at) => {
            const via = [owner];
            const client = await connect({ via });
            return { back, via, client, key: `in flight ${at}`, ...(await asking(client, `in flight ${at}`)) };
          }),
        );
        owner.signal('SIGKILL');
        for (const { back, via, client, key, call, asked } of cut) {
          await (
            await call.exchange
          ).ended;
          via.splice(0, 1, back);
          const comeBack = client.openGet(asked.eventId);
          const { value, ms } = await timed(call.response);
          expect((await comeBack).status).toBe(200);
          expect(value.error).toMatchObject(MAY_HAVE_RUN);
          expect(ms).toBeLessThan(AT_ONCE_MS);
          expect(client.arrivals.at(-1)?.stream).toBe('GET');
          expect(runsOf(key)).toBe(1);
          // The error was the end of the stream.
          expect((await client.openGet(client.arrivals.at(-1)?.eventId)).status).toBe(404);
          await isGoneAt(others, client);
        }
        const next = await connect({ opensOn: others[0], via: others });
        expect(await next.callTool('count', { key: 'next' })).toBe('next');
      },
    );

    it(
      "is killed: the SDK's client comes back by itself, its call fails, and its next request gets 404",
      ROUNDS,
      async () => {
        const { nodes, runsOf } = await openStage({ hasEventStore: true });
        const [owner, other] = nodes;
        let reached = owner;
        const asked = deferred();
        const client = new Client({ name: 'sdk', version: '1.0.0' }, { capabilities: { elicitation: {} } });
        client.setRequestHandler(ElicitRequestSchema, async () => {
          asked.resolve();
          return new Promise(() => undefined);
        });
        onTestFinished(() => client.close());
        const balanced = async (_url: unknown, init?: RequestInit): Promise<Response> => fetch(reached.url, init);
        await client.connect(new StreamableHTTPClientTransport(new URL(owner.url), { fetch: balanced }));
        const call = client.callTool({ name: 'ask', arguments: { key: 'in flight' } });
        await asked.promise;
        reached = other;
        owner.signal('SIGKILL');
        const { ms } = await timed(expect(call).rejects.toThrow('may have run'));
        expect(ms).toBeLessThan(SDK_RETRY_MS + AT_ONCE_MS);
        expect(runsOf('in flight')).toBe(1);
        await expect(client.ping()).rejects.toMatchObject({ code: 404 });
      },
    );
  },
);
