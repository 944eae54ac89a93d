import { describe, expect, test } from 'vitest';
import type { Message } from '../../../suites/soak/lib/message.js';
import { Receipts } from '../../../suites/soak/lib/receipts.js';
import { SERIAL, type Outcome, type Tally } from '../../../suites/soak/lib/script.js';
import {
  faultsOf,
  growthOf,
  imbalances,
  isLong,
  leaks,
  MAX_RISE_BYTES,
  type Visited,
} from '../../../suites/soak/lib/verdict.js';

const of = (serial: string): Message => ({ method: 'notifications/message', params: { _meta: { [SERIAL]: serial } } });
const none = (): Record<Outcome, number> => ({ answered: 0, refused: 0, timedOut: 0, withdrawn: 0, held: 0 });
const tallyOf = (call: number, others = 0): Tally => ({
  sent: { call, none: others },
  questions: { call: none(), none: none() },
  complaints: [],
});

function visited(serials: readonly string[], others: Partial<Visited> = {}): Visited {
  const receipts = new Receipts('a');
  for (const serial of serials) receipts.note(of(serial), undefined);
  return { tag: 'a', temper: 'steady', tally: tallyOf(2, 1), receipts, faults: [], ...others };
}

describe('the soak finds no fault in a client', () => {
  test('that received all that was sent', () => {
    expect(faultsOf(visited(['a/call/1', 'a/none/1', 'a/call/2']))).toEqual([]);
  });

  test('that left, and missed some', () => {
    expect(faultsOf(visited(['a/call/2'], { temper: 'flighty' }))).toEqual([]);
  });

  test('that holds no standalone stream, and missed what belongs to no call', () => {
    expect(faultsOf(visited(['a/call/1', 'a/call/2'], { temper: 'postOnly' }))).toEqual([]);
  });
});

describe('the soak finds the fault when', () => {
  test.each([
    ['a message is lost', ['a/call/1', 'a/none/1'], 'a (steady) never received call 2'],
    ['a message comes twice', ['a/call/1', 'a/call/2', 'a/none/1', 'a/call/1'], 'a/call/1 came twice'],
    [
      'a message crosses',
      ['a/call/1', 'a/call/2', 'a/none/1', 'b/call/1'],
      'a received notifications/message of b/call/1',
    ],
    ['nobody sent it', ['a/call/1', 'a/call/2', 'a/none/1', 'a/call/3'], 'a: nobody sent call 3'],
  ])('%s', (_, serials, fault) => {
    expect(faultsOf(visited(serials))).toEqual([fault]);
  });

  test('a question of a client that left nothing is not answered', () => {
    const tally = { ...tallyOf(0), questions: { call: { ...none(), timedOut: 1 }, none: none() } };
    expect(faultsOf(visited([], { tally }))).toEqual(['a (steady): 0 refused, 1 timed out, 0 withdrawn of call']);
  });

  test('a stream is out of order', () => {
    const [receipts, stream] = [new Receipts('a'), {}];
    for (const serial of ['a/call/1', 'a/none/1', 'a/call/3', 'a/call/2']) receipts.note(of(serial), stream);
    expect(receipts.faults).toEqual(['a/call/2 came after 3 of the same stream']);
  });
});

describe('the balance', () => {
  const gauges = { sessions: 0, in_flight: 0, parked: 0 };

  test('is even when each message has come to one end', () => {
    const routes = { delivered: 5, parked: 3, refused: 2, failed: 1, superseded: 1, orphaned: 1 };
    expect(imbalances('http', 9, 5, { routes, gauges })).toEqual([]);
  });

  test('is not when one is missing, one is too many, or something is left', () => {
    const routes = { delivered: 5 };
    expect(imbalances('http', 6, 5, { routes, gauges })).toHaveLength(1);
    expect(imbalances('http', 4, 4, { routes, gauges })).toHaveLength(1);
    expect(imbalances('http', 5, 6, { routes, gauges })).toHaveLength(1);
    expect(imbalances('http', 5, 5, { routes, gauges: { ...gauges, parked: 1 } })).toEqual([
      'http: parked is 1 at the end',
    ]);
    expect(imbalances('http', 5, 5, { routes, gauges: { ...gauges, parked: Number.NaN } })).toHaveLength(1);
  });
});

describe('the heap', () => {
  const heapOf = (bytesAt: (seconds: number) => number): Parameters<typeof growthOf>[0] =>
    Array.from({ length: 121 }, (_, index) => ({ seconds: index * 5, bytes: bytesAt(index * 5) }));

  test('may fill at first, and go up and down', () => {
    const growth = growthOf(heapOf((seconds) => (seconds < 120 ? seconds * 1e5 : 12e6 + (seconds % 10) * 1e5)));
    expect(growth.isJudged).toBe(true);
    expect(Math.abs(growth.riseBytes)).toBeLessThan(1e5);
    expect(leaks('http', growth)).toEqual([]);
  });

  test('must not keep 16 bytes of each of a million messages', () => {
    const growth = growthOf(heapOf((seconds) => 10e6 + (seconds / 600) * 16e6));
    expect(growth.riseBytes).toBeGreaterThan(MAX_RISE_BYTES);
    expect(leaks('http', growth)).toHaveLength(1);
  });

  test('is not judged by a short run', () => {
    expect(
      leaks(
        'http',
        growthOf([
          { seconds: 0, bytes: 0 },
          { seconds: 60, bytes: 1e9 },
        ]),
      ),
    ).toEqual([]);
  });
});

test('a run is told when it took ten minutes and had a million messages', () => {
  expect([isLong(10, 1_000_000), isLong(9.9, 1_000_000), isLong(10, 999_999)]).toEqual([true, false, false]);
});
