/** What is told of calls that have had no answer for long, and whose turn it is. */
import { Subject } from 'rxjs';
import type { ProxyEvent, Waiting } from 'mcp-backchannel/proxy';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenCalls } from '../../src/proxy/open-calls.js';
import { withWaits } from '../../src/proxy/waits.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const S = { session: 's', client: 'ann' };

function stage() {
  const source = new Subject<ProxyEvent>();
  const waits: Waiting[] = [];
  const subscription = source.pipe(withWaits(new OpenCalls())).subscribe((event) => {
    if (event.kind === 'waiting') waits.push(event);
  });
  const tell = (...events: object[]): void => {
    for (const event of events) source.next({ at: Date.now(), ...S, ...event } as ProxyEvent);
  };
  return { tell, waits, subscription, source };
}

const called = (id: number) => ({ kind: 'call', id, method: 'tools/call', target: 'deploy' });
const ended = (id: number) => ({ kind: 'call-ended', id, method: 'tools/call' });
const question = { kind: 'question', id: 3, method: 'elicitation/create' };
const route = (how: object) => ({ kind: 'route', id: 3, method: 'elicitation/create', ...how });
const asked = { id: 3, method: 'elicitation/create' };

const pass = (ms: number): unknown => vi.advanceTimersByTime(ms);

describe('a call that has no answer', () => {
  it('is told of after 30 s, and each time it has waited twice as long', () => {
    const { tell, waits } = stage();
    tell(called(7));
    pass(29_000);
    expect(waits).toEqual([]);
    pass(300_000);
    expect(waits.map(({ forMs }) => Math.round(forMs / 1_000))).toEqual([30, 60, 120, 240]);
    expect(waits[0]).toMatchObject({ ...S, id: 7, method: 'tools/call', target: 'deploy', on: 'backend' });
  });

  it('is told of no more when it has one', () => {
    const { tell, waits } = stage();
    tell(called(7), called(8));
    pass(31_000);
    tell(ended(7));
    pass(31_000);
    expect(waits.map(({ id }) => id)).toEqual([7, 8, 8]);
  });

  it('is told of in time though an older call is due later', () => {
    const { tell, waits } = stage();
    tell(called(7));
    pass(61_000);
    tell(called(8));
    pass(30_000);
    expect(waits.map(({ id, forMs }) => [id, Math.round(forMs / 1_000)])).toEqual([
      [7, 30],
      [7, 60],
      [8, 30],
    ]);
  });

  it('is told of though the wall clock is set back', () => {
    const { tell, waits } = stage();
    tell(called(7));
    vi.setSystemTime(Date.now() - 3_600_000);
    pass(30_000);
    expect(waits).toMatchObject([{ id: 7, forMs: 30_000 }]);
  });

  it('is told of with another that has its id', () => {
    const { tell, waits } = stage();
    tell(called(7), called(7), { ...ended(7), outcome: 'refused' });
    pass(30_000);
    expect(waits).toHaveLength(1);
    tell(ended(7));
    expect(vi.getTimerCount()).toBe(1);
    pass(60_000);
    expect(waits).toHaveLength(1);
  });

  it('keeps no timer when nobody watches any more', () => {
    const { tell, subscription } = stage();
    tell(called(7));
    subscription.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, object[], Partial<Waiting>]>([
    ['a silent backend', [called(7)], { on: 'backend', question: undefined, refusal: undefined }],
    [
      'the answer of the client',
      [called(7), question, route({ call: 7, to: 'request', outcome: 'delivered' })],
      { on: 'client', question: asked },
    ],
    ['a stream', [called(7), question, route({ to: 'nowhere', outcome: 'parked' })], { on: 'stream', question: asked }],
    [
      'a backend whose question was refused',
      [
        called(7),
        question,
        route({ to: 'nowhere', outcome: 'refused', error: 'AMBIGUOUS' }),
        { kind: 'answer', id: 3 },
      ],
      { on: 'backend', question: asked, refusal: 'AMBIGUOUS' },
    ],
    [
      'a backend that has the answer',
      [called(7), question, route({ call: 7, to: 'request', outcome: 'delivered' }), { kind: 'answer', id: 3 }],
      { on: 'backend', question: undefined, refusal: undefined },
    ],
    [
      'a backend that was refused once, and answered by the client since',
      [
        called(7),
        question,
        route({ to: 'nowhere', outcome: 'refused', error: 'AMBIGUOUS' }),
        { kind: 'answer', id: 3, by: 'proxy' },
        question,
        route({ call: 7, to: 'request', outcome: 'delivered' }),
        { kind: 'answer', id: 3, by: 'client' },
      ],
      { on: 'backend', question: undefined, refusal: undefined },
    ],
    [
      'a backend that has pinged in vain',
      [
        called(7),
        { kind: 'question', id: 4, method: 'ping' },
        { kind: 'route', id: 4, method: 'ping', to: 'nowhere', outcome: 'refused', error: 'NO_STREAM' },
      ],
      { on: 'backend', question: undefined, refusal: undefined },
    ],
    [
      'a client that has to repeat it',
      [called(7), { kind: 'suspended', id: 7, round: 1, inputs: ['sampling/createMessage'] }],
      { on: 'client', question: { id: undefined, method: 'sampling/createMessage' } },
    ],
    [
      'a backend whose client has repeated it',
      [called(7), { kind: 'suspended', id: 7, round: 1, inputs: ['roots/list'] }, { kind: 'resumed', id: 7 }],
      { on: 'backend', question: undefined },
    ],
  ])('waits for %s', (_, events, expected) => {
    const { tell, waits } = stage();
    tell(...events);
    pass(30_000);
    expect(waits).toMatchObject([{ id: 7, ...expected }]);
  });

  it('does not wait for what was asked on behalf of another call', () => {
    const { tell, waits } = stage();
    tell(called(7), called(8), question, route({ call: 8, to: 'request', outcome: 'delivered' }));
    pass(30_000);
    expect(waits.map(({ id, on }) => [id, on])).toEqual([
      [7, 'backend'],
      [8, 'client'],
    ]);
  });

  it('waits for its turn while an older one has no answer, where calls take turns', () => {
    const { tell, waits } = stage();
    const serialized = (id: number, method = 'tools/call') => ({ ...called(id), method, isSerialized: true });
    tell(serialized(7), serialized(8), serialized(9, 'ping'), question);
    tell(route({ call: 7, to: 'request', outcome: 'delivered' }));
    pass(30_000);
    tell(ended(7), { kind: 'answer', id: 3, by: 'client' });
    pass(30_000);
    expect(waits.map(({ id, on }) => [id, on])).toEqual([
      [7, 'client'],
      [8, 'turn'],
      [9, 'backend'],
      [8, 'backend'],
      [9, 'backend'],
    ]);
  });

  it('does not wait for what another session was asked', () => {
    const { tell, waits } = stage();
    tell(called(7), { ...question, session: 't' }, { ...route({ to: 'nowhere', outcome: 'parked' }), session: 't' });
    pass(30_000);
    expect(waits).toMatchObject([{ session: 's', id: 7, on: 'backend' }]);
  });

  it('is forgotten with its session', () => {
    const { tell, waits } = stage();
    tell(called(7), { kind: 'session-ended' });
    pass(60_000);
    expect(waits).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
