/** Sessions of HTTP backends whose node is gone, through the entries of three nodes. */
import { describe, expect, it } from 'vitest';
import { EventMemory } from '../../src/cli/event-store.js';
import { HttpTransport } from '../../src/backends/http/http-transport.js';
import type { StatefulProxyOptions } from '../../src/proxy/index.js';
import { closers } from '../proxy/support.js';
import { httpBackend, type HttpBackend } from './http-backend.js';
import { threeNodes } from './three-nodes.js';

const closing = closers();
const open = threeNodes();

const upstreamOf =
  ({ url }: HttpBackend): StatefulProxyOptions['upstream'] =>
  ({ adopted }) =>
    new HttpTransport(url, { sessionId: adopted?.sessionId });

describe.each(['node', 'web'] as const)('a session with an HTTP backend, over the %s entry', (door) => {
  it('goes on at other nodes when its own is killed, whichever is asked', async () => {
    const backend = await httpBackend(closing);
    const { connect, ownerOf, othersOf } = await open({ door, upstream: upstreamOf(backend) });
    const probe = await connect();
    const via = othersOf(probe);
    const client = await connect('ann', { via });
    expect(await client.callTool('count')).toBe('1');
    ownerOf(client).kill();
    // A connection that was kept open may be lost with the request on it, of which nobody can tell that it did not run.
    await expect.poll(async () => client.callTool('count').catch(() => 'lost')).toBe('2');
    for (const count of ['3', '4', '5']) expect(await client.callTool('count')).toBe(count);
    expect(via.map(({ cluster }) => cluster.snapshot().adopted).sort()).toEqual([0, 1]);
    expect(backend.count('DELETE')).toBe(0);
    expect(backend.count('initialize')).toBe(2);
  });

  it('goes on at other nodes when its own drains and leaves', async () => {
    const backend = await httpBackend(closing);
    const { connect, ownerOf } = await open({ door, upstream: upstreamOf(backend) });
    const client = await connect();
    const owner = ownerOf(client);
    expect(await client.callTool('count')).toBe('1');
    await owner.cluster.drain();
    await owner.proxy.close({ graceMs: 1_000 });
    // The balancer still sends requests to the node that drains, too.
    for (const count of ['2', '3', '4', '5']) expect(await client.callTool('count')).toBe(count);
    expect(backend.count('DELETE')).toBe(0);
    expect(backend.count('initialize')).toBe(1);
  });
});

describe('a client that comes back for a call whose node is gone', () => {
  it.each([false, true])(
    'gets one error on another node, and then 404, even if that one drains: %s',
    async (drains) => {
      const memory = new EventMemory();
      const { connect, nodes, ownerOf, othersOf } = await open({ eventStore: ({ signal }) => memory.store(signal) });
      const client = await connect('ann', { via: [nodes[0]] });
      client.answer('elicitation/create', () => undefined);
      const asked = client.next(({ message }) => message.method === 'elicitation/create');
      client.start('tools/call', { name: 'ask' });
      const { eventId } = (await asked) as { readonly eventId?: string };
      expect(eventId).toBeDefined();
      const [other] = othersOf(client);
      if (drains) await other?.cluster.drain();
      ownerOf(client).kill();
      const headers = { accept: 'text/event-stream', 'mcp-session-id': String(client.sessionId) };
      const url = String(other?.url);
      const first = await fetch(url, { headers: { ...headers, 'last-event-id': String(eventId) } });
      expect(first.status).toBe(200);
      const text = await first.text();
      expect(text.match(/"error"/g)).toHaveLength(1);
      const [, closingId = ''] = /^id: (.*)$/m.exec(text) ?? [];
      expect((await fetch(url, { headers: { ...headers, 'last-event-id': closingId } })).status).toBe(404);
    },
  );
});
