/** A request whose fate nobody knows is not sent a second time. */
import { expect, it } from 'vitest';
import { JSON_HEADERS } from '../support/raw-http.js';
import { threeNodes, type ClusterNode } from './three-nodes.js';

const open = threeNodes();

const CALL = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'echo', arguments: { text: 'a' } } };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

/** From now on it breaks the connection of each request that other nodes pass on to it. @returns how many came */
function breaking({ cluster }: ClusterNode): () => number {
  let came = 0;
  cluster.received = ({ socket }) => {
    came++;
    socket.destroy();
    return Promise.resolve('forged');
  };
  return () => came;
}

const post = (message: object): RequestInit => ({ method: 'POST', body: JSON.stringify(message) });

it.each([
  ['a call', post(CALL), 200],
  ['two calls', post([CALL, { ...CALL, id: 6 }]), 200],
  ['a notification', post({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }), 502],
  ['an answer', post({ jsonrpc: '2.0', id: 1, result: {} }), 502],
  ['the end of the session', { method: 'DELETE' }, 502],
  ['a stream', { method: 'GET' }, 502],
])('%s is sent to its node once, and the node lives', async (_what, request, status) => {
  for (const door of ['node', 'web'] as const) {
    const { connect, nodes } = await open({ door });
    const [owner, edge, third] = nodes;
    // The connection is one that was used before.
    const client = await connect('ann', { via: [edge] });
    const came = breaking(owner);
    const headers = { ...JSON_HEADERS, 'mcp-session-id': String(client.sessionId) };
    const answer = await fetch(edge.url, { ...request, headers });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain('may have run');
    expect(came()).toBe(1);
    expect(edge.cluster.whereIs(String(client.sessionId))).toMatchObject({ at: 'node' });
    expect(third.cluster.snapshot().passed.answered).toBe(0);
  }
});

it('a new session is offered once if its node breaks the connection', async () => {
  const { nodes } = await open();
  const [draining, one, other] = nodes;
  await draining.cluster.drain();
  const came = [breaking(one), breaking(other)];
  const answer = await fetch(draining.url, { ...post(INITIALIZE), headers: JSON_HEADERS });
  expect(await answer.text()).toContain('may have run');
  expect(came.reduce((sum, count) => sum + count(), 0)).toBe(1);
});
