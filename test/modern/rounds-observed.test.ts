/** What the operator of a proxy sees of calls that wait for their clients. */
import { describe, expect, it, vi } from 'vitest';
import type { RoundEvent } from 'mcp-backchannel/proxy';
import { RoundTeller } from '../../src/modern/round-events.js';
import { called, doors } from './door-stage.js';
import { post, suspensionIn } from './raw-modern.js';

const open = doors();

describe('rounds$', () => {
  it('tells of each round of a call, and of the evidence beside it', async () => {
    const { connect, proxy, routes } = await open('stdio');
    const rounds: RoundEvent[] = [];
    proxy.rounds$.subscribe((event) => rounds.push(event));
    const { client } = await connect();
    await called(client, 'chain', { tag: 'c', length: 2 });
    const inputs = ['elicitation/create'];
    expect(rounds).toMatchObject([
      { method: 'tools/call', round: 1, inputs, outcome: 'asked', waitedMs: 0 },
      { method: 'tools/call', round: 1, inputs: [], outcome: 'came-back' },
      { method: 'tools/call', round: 2, inputs, outcome: 'asked', waitedMs: 0 },
      { method: 'tools/call', round: 2, inputs: [], outcome: 'came-back' },
    ]);
    // A repeated call has another id. The session is that of the routes.
    expect(new Set(rounds.map(({ id }) => id)).size).toBe(3);
    expect(routes.map(({ session, evidence }) => ({ session, evidence }))).toEqual(
      [1, 2].map(() => ({ session: rounds[0]?.session, evidence: 'sole' })),
    );
  });

  it('names all that is asked in one round', async () => {
    const { connect, proxy } = await open();
    const rounds: RoundEvent[] = [];
    proxy.rounds$.subscribe((event) => rounds.push(event));
    const { client } = await connect();
    await called(client, 'two', { tag: 't' });
    expect(rounds[0]?.inputs).toEqual(['elicitation/create', 'elicitation/create']);
  });

  it('survives a subscriber that throws', async () => {
    const { connect, proxy, errors } = await open();
    proxy.rounds$.subscribe(() => {
      throw new Error('mine');
    });
    const { client } = await connect({ name: 'Ann' });
    expect(await called(client, 'ask', { tag: 'why' })).toBe('Ann: why');
    expect(errors.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringContaining('rounds$')));
  });
});

describe('snapshot()', () => {
  it('counts calls that wait, and the sessions that calls have', async () => {
    const { url, proxy, connect } = await open('stdio');
    const { requestState } = suspensionIn(await post(url, 'tools/call', { name: 'ask', arguments: { tag: 'a' } }));
    expect(proxy.snapshot()).toMatchObject({ sessions: 1, suspended: 1, leased: 1 });
    const inputResponses = { 'elicitation-1': { action: 'decline' } };
    await post(url, 'tools/call', { name: 'ask', arguments: { tag: 'a' }, requestState, inputResponses });
    expect(proxy.snapshot()).toMatchObject({ sessions: 1, suspended: 0, leased: 0 });
    const { client } = await connect();
    await client.listTools();
    expect(proxy.snapshot()).toMatchObject({ leased: 0 });
  });
});

describe('RoundTeller', () => {
  it('tells how long the client was waited for, in vain too', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const told: RoundEvent[] = [];
      const teller = new RoundTeller(
        () => 's',
        (event) => told.push(event),
      );
      const call = { id: 1, method: 'tools/call' };
      teller.asked(call, 11, [{ method: 'roots/list' }], 'asked');
      vi.advanceTimersByTime(250);
      teller.cameBack({ ...call, id: 2 });
      teller.asked({ ...call, id: 2 }, 12, [], 'asked');
      vi.advanceTimersByTime(600_000);
      teller.expired();
      teller.asked({ ...call, id: 3 }, 13, [], 'refused');
      expect(
        told.map(({ id, call: atBackend, round, outcome, waitedMs }) => [id, atBackend, round, outcome, waitedMs]),
      ).toEqual([
        [1, 11, 1, 'asked', 0],
        [2, 11, 1, 'came-back', 250],
        [2, 12, 2, 'asked', 0],
        [2, 12, 2, 'expired', 600_000],
        [3, 13, 3, 'refused', 0],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
