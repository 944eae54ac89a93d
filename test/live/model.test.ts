import { expect, it } from 'vitest';
import { Model } from '../../src/live/model.js';
import { isLate, reasonOf, waitsIn } from '../../src/live/waits.js';
import { hangingCalls, inOrder, START, Story } from './records.js';

const NOW = START + 40_000;

function reasons(model: Model): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const wait of waitsIn(model)) {
    const { session, call } = wait;
    (all[session.client ?? ''] ??= []).push(`${String(call?.id)}: ${reasonOf(wait, NOW)}`);
  }
  return all;
}

it('says of each call that hangs on whom it waits, and why', () => {
  const model = Model.of(hangingCalls());
  expect(reasons(model)).toEqual({
    'silent-backend': ['2: the backend has not answered for 38 s'],
    'silent-client': ['1: the client has not answered elicitation/create 0 for 37 s'],
    'no-stream': ['1: elicitation/create 0 cannot reach the client, which has no open stream, for 37 s'],
    ambiguous: [
      '1: elicitation/create 0 was refused (AMBIGUOUS), and the backend has not answered for 36 s',
      '2: elicitation/create 0 was refused (AMBIGUOUS), and the backend has not answered for 36 s',
    ],
  });
});

it('says on whom a call waits that asked before the records begin, until it is answered', () => {
  const asked = { id: 1, method: 'tools/call', target: 'log_in', forMs: 30_000, refusal: undefined };
  const question = { id: 'q', method: 'elicitation/create' };
  const story = new Story('1').tell('waiting', 30_000, { ...asked, on: 'client', question });
  expect(reasons(Model.of(story.records))).toEqual({
    'a-client': ['1: the client has not answered elicitation/create q for 10 s'],
  });
  const parked = new Story('1').tell('waiting', 30_000, { ...asked, on: 'stream', question });
  expect(reasons(Model.of(parked.records))['a-client']?.join()).toContain('which has no open stream');
  story.tell('answer', 35_000, {
    ...{ id: 'q', method: 'elicitation/create', target: undefined, durationMs: 20_000, error: undefined },
    ...{ by: 'client', outcome: 'accept' },
  });
  expect(reasons(Model.of(story.records))).toEqual({ 'a-client': ['1: the backend has not answered for 5.0 s'] });
});

it('keeps why calls of a backend that died have no answer', () => {
  const model = Model.of(hangingCalls());
  const dead = [...model.sessions.values()].find(({ client }) => client === 'dead-backend');
  expect(dead?.backendEnded).toMatch(/ended with code 1/);
  expect(dead?.calls.map(({ outcome, error }) => `${outcome}: ${error}`)).toEqual([
    'session-ended: the backend has closed the connection (ended with code 1)',
    'session-ended: the backend has closed the connection (ended with code 1)',
  ]);
  expect(dead?.inFlight.size).toBe(0);
});

it('takes a call that just began as nothing to worry about, and one without a stream at once', () => {
  const quick = Model.of(new Story('1', 'one').open().call(100, 1).records);
  expect(waitsIn(quick).map((wait) => isLate(wait, START + 200))).toEqual([false]);
  expect(waitsIn(quick).map((wait) => isLate(wait, START + 6_000))).toEqual([true]);
  const story = new Story('2', 'two').open().call(100, 1);
  story.ask(150, { to: 'nowhere', outcome: 'parked', call: undefined });
  expect(waitsIn(Model.of(story.records)).map((wait) => isLate(wait, START + 200))).toEqual([true]);
});

it('lets a call wait on the backend again when the client has answered', () => {
  const story = new Story('1').open().call(0, 1);
  const question = story.ask(1_000, { call: 1 });
  expect(waitsIn(Model.of(story.records)).map(({ on }) => on)).toEqual(['client']);
  story.answer(3_000, question);
  expect(waitsIn(Model.of(story.records))).toMatchObject([{ on: 'backend', since: START + 3_000 }]);
});

it('gives a parked question to no call while several could own it, until the proxy says whose it is', () => {
  const story = new Story('1').open().call(0, 1).call(10, 2);
  const id = story.ask(1_000, { to: 'nowhere', outcome: 'parked', call: undefined });
  const waits = waitsIn(Model.of(story.records));
  expect(waits.map(({ call, on }) => [call?.id, on])).toEqual([
    [1, 'backend'],
    [2, 'backend'],
    [undefined, 'stream'],
  ]);
  const question = { id, method: 'elicitation/create' };
  const told = { on: 'stream', forMs: 30_000, question, refusal: undefined } as const;
  story.tell('waiting', 30_010, { id: 2, method: 'tools/call', target: undefined, ...told });
  expect(waitsIn(Model.of(story.records)).map(({ call, on }) => [call?.id, on])).toEqual([
    [1, 'backend'],
    [2, 'stream'],
  ]);
});

it('tells apart ids that look the same, and the same id in two sessions', () => {
  const story = new Story('1').open();
  story.tell('call', 0, { id: 1, method: 'tools/call', target: 'number' });
  story.tell('call', 1, { id: '1', method: 'tools/call', target: 'text' });
  story.end(2, 1);
  const other = new Story('2').open().call(5, 1);
  const model = Model.of(inOrder(story, other));
  expect(waitsIn(model).map(({ session, call }) => [session.name, call?.id, call?.target])).toEqual([
    ['1', '1', 'text'],
    ['2', 1, 'navigate'],
  ]);
});

it('knows calls of which only the end was kept', () => {
  const model = Model.of(new Story('1').end(500, 7).records);
  expect(model.calls).toMatchObject([{ id: 7, startedAt: START + 490, endedAt: START + 500, outcome: 'result' }]);
});

it('tells of a call without sessions that its client has not come back', () => {
  const story = new Story('1').open().call(0, 1);
  story.tell('suspended', 1_000, {
    id: 1,
    method: 'tools/call',
    round: 1,
    inputs: ['elicitation/create'],
    clientId: 1,
  });
  expect(reasons(Model.of(story.records))).toEqual({
    'a-client': ['1: the client has not come back with its answers to round 1 (elicitation/create) for 39 s'],
  });
});

it('does not take a call that has ended for one that hangs, though its user still has to visit a page', () => {
  const story = new Story('1').open().call(0, 1).end(1, 1, { outcome: 'error', code: -32_042 });
  const round = { id: 1, method: 'tools/call', round: 1, clientId: 1 };
  story.tell('suspended', 2, { ...round, inputs: ['elicitation/create'] });
  story.tell('resumed', 1_000, { ...round, outcome: 'came-back', waitedMs: 998 });
  const model = Model.of(story.records);
  expect(model.calls).toHaveLength(1);
  expect(reasons(model)).toEqual({});
});

it('puts calls that are in flight together in rows of their own', () => {
  const story = new Story('1').open().call(0, 1).call(1, 2).end(2, 1).call(3, 3).call(4, 4);
  const model = Model.of(story.records);
  expect(model.calls.map(({ row }) => row)).toEqual([0, 1, 0, 2]);
  expect(model.calls[0]?.session.rows).toBe(3);
});

it('puts calls for which there is no row into the last one, and finds rows at once', () => {
  const story = new Story('1').open();
  for (let id = 0; id < 50_000; id++) story.tell('call', id, { id, method: 'tools/call', target: 'x' });
  story.tell('call', 50_000, { id: 3, method: 'tools/call', target: 'again' });
  story.end(50_001, 7).call(50_002, 60_000).call(50_003, 60_001);
  const began = performance.now();
  const { calls } = Model.of(story.records);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(calls[0]?.session.rows).toBe(24);
  expect(calls.slice(-3).map(({ row }) => row)).toEqual([3, 7, 23]);
});
