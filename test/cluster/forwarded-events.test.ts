/** What `events$` of a node tells of requests that it passes on. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { expect, it } from 'vitest';
import { startCall, textOf } from '../support/stage.js';
import { threeNodes } from './three-nodes.js';

const open = threeNodes();

it('tells to which node a request went, and the node that has the session tells of the call', async () => {
  const cluster = await open();
  const [owner, other] = cluster.nodes;
  const told = cluster.nodes.map(({ proxy }) => {
    const events: ProxyEvent[] = [];
    proxy.events$.subscribe((event) => events.push(event));
    return events;
  });
  const client = await cluster.connect('ann', { via: [other] });
  const call = await startCall(client, 'ask');
  await textOf(call);
  const session = client.sessionId;
  const passed = { kind: 'forwarded', session, toNode: owner.cluster.self, method: 'POST', outcome: 'passed' };
  const forwarded = told[1]?.flatMap((event) => (event.kind === 'forwarded' ? [event] : []));
  expect(forwarded).toContainEqual(expect.objectContaining({ ...passed, durationMs: expect.any(Number) as number }));
  // The message is there, but not in what is written of the event.
  expect(forwarded?.map(({ message }) => message?.method)).toContain('tools/call');
  expect(JSON.stringify(forwarded)).not.toContain('tools/call');
  expect(told[1]?.filter(({ kind }) => kind === 'call')).toEqual([]);
  expect(told[0]?.filter((event) => 'id' in event && event.id === call.id)).toMatchObject([
    { kind: 'call', session, method: 'tools/call' },
    { kind: 'call-ended', session, outcome: 'result' },
  ]);
});
