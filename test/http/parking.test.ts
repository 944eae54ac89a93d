import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parkingRig, ticket } from '../support/parking-rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  // Whatever happened in there, nobody is left waiting on a timer.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('when a stream opens', () => {
  test('all are tried again, in the order in which they came', () => {
    const { parking, park, out } = parkingRig();
    park('a', 'b', 'c');
    expect(parking.size).toBe(3);
    parking.release();
    expect(out).toEqual(['a', 'b', 'c']);
    expect(parking.size).toBe(0);
  });

  test('and nobody waits, nothing happens', () => {
    const { parking, out } = parkingRig();
    parking.release();
    expect(out).toEqual([]);
  });

  test('who is parked again keeps the deadline that it had', () => {
    const rig = parkingRig();
    const { parking, out } = rig;
    rig.onRetry = (ticket) => parking.park(ticket);
    rig.park('a');
    vi.advanceTimersByTime(600);
    parking.release();
    vi.advanceTimersByTime(399);
    expect(out).toEqual(['a']);
    vi.advanceTimersByTime(1);
    expect(out).toEqual(['a', 'a: PARK_TIMEOUT']);
  });

  test('those who are parked again keep their places, before whoever comes then', () => {
    const rig = parkingRig();
    const { parking, park, out } = rig;
    rig.onRetry = (ticket) => parking.park(ticket);
    park('a', 'b');
    parking.release();
    park('c');
    out.length = 0;
    rig.onRetry = () => undefined;
    parking.release();
    expect(out).toEqual(['a', 'b', 'c']);
  });

  test('10,000 leave in order, and each is looked at a bounded number of times', () => {
    const rig = parkingRig({ maxParked: 10_000 });
    const { parking, out } = rig;
    const names = Array.from({ length: 10_000 }, (_, index) => `message ${index}`);
    let looks = 0;
    for (const [index, name] of names.entries()) {
      const counted = ticket(name, { key: name, id: index });
      let isLate = false;
      Object.defineProperty(counted, 'isLate', {
        get: () => {
          looks += 1;
          return isLate;
        },
        set: (to: boolean) => void (isLate = to),
      });
      parking.park(counted);
    }
    // The first time in vain: all are parked again.
    rig.onRetry = (ticket) => parking.park(ticket);
    parking.release();
    rig.onRetry = () => undefined;
    parking.release();
    expect(out).toEqual([...names, ...names]);
    expect(looks).toBeLessThan(10 * names.length);
    expect(parking.size).toBe(0);
  });
});

describe('when the time is over', () => {
  test('each is given up at its own time, by one timer', () => {
    const { parking, park, out } = parkingRig();
    park('a');
    vi.advanceTimersByTime(300);
    park('b', 'c');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(699);
    expect(out).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(out).toEqual(['a: PARK_TIMEOUT']);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(300);
    expect(out).toEqual(['a: PARK_TIMEOUT', 'b: PARK_TIMEOUT', 'c: PARK_TIMEOUT']);
    expect(parking.size).toBe(0);
  });

  test('nothing runs any more when everybody has left before', () => {
    const { parking, park, out } = parkingRig();
    park('a');
    parking.release();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(out).toEqual(['a']);
  });

  test('0 gives up at once, and keeps nobody', () => {
    const { parking, park, out } = parkingRig({ parkTimeoutMs: 0 });
    park('a');
    expect(out).toEqual(['a: PARK_TIMEOUT']);
    expect(parking.size).toBe(0);
  });

  test('a fraction of a millisecond is a time as well', () => {
    const { park, out } = parkingRig({ parkTimeoutMs: 0.5 });
    park('a');
    expect(out).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(out).toEqual(['a: PARK_TIMEOUT']);
  });
});

describe('who may go late', () => {
  test('is tried once on any stream when its time is over, and then waits without a deadline', () => {
    const rig = parkingRig();
    const { parking, out } = rig;
    const late: boolean[] = [];
    rig.onRetry = (ticket) => {
      late.push(ticket.isLate);
      parking.park(ticket);
    };
    parking.park(ticket('news', { mayGoLate: true }));
    vi.advanceTimersByTime(1_000_000);
    expect(out).toEqual(['news']);
    expect(late).toEqual([true]);
    expect(parking.size).toBe(1);
    expect(vi.getTimerCount()).toBe(0);

    rig.onRetry = () => undefined;
    parking.release();
    expect(out).toEqual(['news', 'news']);
    expect(parking.size).toBe(0);
  });

  test('does not keep others from being given up in time', () => {
    const rig = parkingRig();
    const { parking, park, out } = rig;
    rig.onRetry = (ticket) => parking.park(ticket);
    parking.park(ticket('news', { mayGoLate: true }));
    vi.advanceTimersByTime(1_000);
    park('a');
    vi.advanceTimersByTime(1_000);
    expect(out).toEqual(['news', 'a: PARK_TIMEOUT']);
    parking.close();
  });

  test('is given up on close, like all others', () => {
    const rig = parkingRig();
    rig.onRetry = (ticket) => rig.parking.park(ticket);
    rig.parking.park(ticket('news', { mayGoLate: true }));
    vi.advanceTimersByTime(1_000);
    rig.parking.close();
    expect(rig.out).toEqual(['news', 'news: CLOSED']);
  });
});

describe('when the room is full', () => {
  test('one more is refused, and those who wait stay', () => {
    const { parking, park, out } = parkingRig({ maxParked: 2 });
    park('a', 'b', 'c');
    expect(out).toEqual(['c: PARK_FULL']);
    parking.release();
    expect(out).toEqual(['c: PARK_FULL', 'a', 'b']);
    park('d');
    parking.close();
    expect(out.at(-1)).toBe('d: CLOSED');
  });

  test('who says the same as one who waits takes its place', () => {
    const { parking, out } = parkingRig({ maxParked: 1 });
    parking.park(ticket('old', { key: 'tools' }));
    parking.park(ticket('new', { key: 'tools' }));
    parking.park(ticket('other', { key: 'prompts' }));
    expect(out).toEqual(['old: SUPERSEDED', 'other: PARK_FULL']);
    parking.close();
  });

  test('and holds nobody at all, each is refused', () => {
    const { park, out } = parkingRig({ maxParked: 0 });
    park('a');
    expect(out).toEqual(['a: PARK_FULL']);
  });
});

describe('of those who say the same', () => {
  test('only the newest waits, and a hundred leave as one', () => {
    const { parking, out } = parkingRig();
    for (let index = 0; index < 100; index += 1) parking.park(ticket(`${index}`, { key: 'tools' }));
    expect(parking.size).toBe(1);
    expect(out).toEqual(Array.from({ length: 99 }, (_, index) => `${index}: SUPERSEDED`));
    parking.release();
    expect(out.at(-1)).toBe('99');
  });

  test('none is superseded that says something else, or nothing that could be said again', () => {
    const { parking, out } = parkingRig();
    for (const key of ['tools', 'prompts', undefined, undefined]) parking.park(ticket('one', { key }));
    expect(out).toEqual([]);
    parking.close();
  });
});

describe('a request that its sender takes back', () => {
  test('is given up, and nobody else', () => {
    const { parking, park, out } = parkingRig();
    park('a');
    parking.park(ticket('question', { id: 0 }));
    expect(parking.withdraw(0)).toBe(true);
    expect(parking.withdraw(0)).toBe(false);
    expect(parking.withdraw('0')).toBe(false);
    expect(out).toEqual(['question: CANCELLED']);
    parking.release();
    expect(out).toEqual(['question: CANCELLED', 'a']);
  });

  test('leaves a timer that finds nobody, and does no harm', () => {
    const { parking, out } = parkingRig();
    parking.park(ticket('question', { id: 1 }));
    parking.withdraw(1);
    vi.advanceTimersByTime(1_000);
    expect(out).toEqual(['question: CANCELLED']);
  });
});

describe('close', () => {
  test('gives up everybody, in order, and leaves no timer', () => {
    const { parking, park, out } = parkingRig();
    park('a', 'b');
    parking.close();
    parking.close();
    expect(out).toEqual(['a: CLOSED', 'b: CLOSED']);
    expect([parking.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
