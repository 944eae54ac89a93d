/** What `events$` tells of calls of modern clients. */
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { called, doors } from './door-stage.js';

const open = doors();

describe('events$', () => {
  it('tells which call of the backend a client has to repeat, and that it has', async () => {
    const stage = await open('stdio');
    const events: ProxyEvent[] = [];
    stage.proxy.events$.subscribe((event) => events.push(event));
    const { client } = await stage.connect();
    await called(client, 'chain', { tag: 'c', length: 2 });
    const call = events.find((event) => event.kind === 'call' && event.target === 'chain');
    if (call?.kind !== 'call') throw new Error('the call was not told');
    const ofCall = events.filter((event) => 'id' in event && event.session === call.session && event.id === call.id);
    expect(ofCall.map(({ kind }) => kind)).toEqual([
      'call',
      'suspended',
      'resumed',
      'suspended',
      'resumed',
      'call-ended',
    ]);
    expect(ofCall[1]).toMatchObject({ round: 1, inputs: ['elicitation/create'] });
    expect(ofCall[2]).toMatchObject({ round: 1, outcome: 'came-back' });
    // The first has another id for its client than the second.
    expect(new Set(ofCall.flatMap((event) => ('clientId' in event ? [event.clientId] : []))).size).toBe(3);
    expect(call.headers).toMatchObject({ 'mcp-name': 'chain' });
    expect(events.find(({ kind }) => kind === 'session-opened')).toMatchObject({ isOfModern: true });
  });
});
