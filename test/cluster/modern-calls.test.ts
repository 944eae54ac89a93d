/** Clients without sessions, in front of several nodes: whichever node the retry comes to, the call goes on where it waits. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { post, suspensionIn } from '../modern/raw-modern.js';
import { threeNodes } from './three-nodes.js';

const open = threeNodes();

const ANN = { token: 'ann', capabilities: { elicitation: {} } };
const CALL = { name: 'ask', arguments: { tag: 'where' } };

function retryOf({ requestState, inputRequests }: ReturnType<typeof suspensionIn>): object {
  const [key = ''] = Object.keys(inputRequests);
  return {
    ...CALL,
    requestState,
    inputResponses: { [key]: { action: 'accept', content: { name: 'Ada', answer: 'Ada' } } },
  };
}

describe.each(['node', 'web'] as const)('a modern client of three nodes (%s)', (door) => {
  it('comes back to another node than that of its call', async () => {
    const { nodes } = await open({ door });
    const suspended = suspensionIn(await post(nodes[0].url, 'tools/call', CALL, ANN));
    expect(suspended.requestState.startsWith(`${nodes[0].cluster.self}.`)).toBe(true);
    const theft = await post(nodes[1].url, 'tools/call', retryOf(suspended), { ...ANN, token: 'ben' });
    expect(theft.last.error).toMatchObject({ code: -32602 });
    const { status, last } = await post(nodes[1].url, 'tools/call', retryOf(suspended), ANN);
    expect(status).toBe(200);
    expect(last.result).toMatchObject({ resultType: 'complete' });
    expect(last.result?.['isError']).not.toBe(true);
    const again = await post(nodes[2].url, 'tools/call', retryOf(suspended), ANN);
    expect(again.last.error).toMatchObject({ code: -32602 });
  });

  it('is told that its call is lost with its node', async () => {
    const { nodes } = await open({ door });
    const suspended = suspensionIn(await post(nodes[0].url, 'tools/call', CALL, ANN));
    nodes[0].kill();
    const events: ProxyEvent[] = [];
    nodes[1].proxy.events$.subscribe((event) => events.push(event));
    const { status, last } = await post(nodes[1].url, 'tools/call', retryOf(suspended), ANN);
    expect(status).toBe(200);
    expect(last.error).toMatchObject({ code: -32602 });
    const { id, error } = last;
    expect(events.filter(({ kind }) => kind !== 'forwarded')).toMatchObject([
      { kind: 'call', id, session: undefined },
      { kind: 'call-ended', id, outcome: 'refused', error: error?.message },
    ]);
  });

  it('is served by another node while one drains', async () => {
    const { nodes } = await open({ door });
    await nodes[0].cluster.drain();
    suspensionIn(await post(nodes[0].url, 'tools/call', CALL, ANN));
    expect(nodes.map(({ proxy }) => proxy.snapshot().suspended)[0]).toBe(0);
  });
});
