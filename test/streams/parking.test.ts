import { describe, expect, test, vi } from 'vitest';
import { parkable, parkingRig, type NamedParkable } from '../support/parking-rig.js';
import { timersStandStill } from '../support/timers.js';

timersStandStill();

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
    rig.onRetry = (message) => parking.park(message);
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
    rig.onRetry = (message) => parking.park(message);
    park('a', 'b');
    parking.release();
    park('c');
    out.length = 0;
    rig.onRetry = () => undefined;
    parking.release();
    expect(out).toEqual(['a', 'b', 'c']);
  });
});

/** 10,000 parked, and how often anybody looked whether they are late. */
function crowd(mayGoElsewhere: boolean): { parked: NamedParkable[]; looks: () => number } {
  let looks = 0;
  const parked = Array.from({ length: 10_000 }, (_, id) => {
    let isOverdue = false;
    const look = (): boolean => {
      looks += 1;
      return isOverdue;
    };
    const counted = parkable(`message ${id}`, { key: `key ${id}`, mayGoElsewhere });
    return Object.defineProperty(counted, 'isOverdue', { get: look, set: (to: boolean) => void (isOverdue = to) });
  });
  return { parked, looks: () => looks };
}

describe('10,000 leave in order, and each is looked at a bounded number of times', () => {
  test.each([
    ['punctual', false],
    ['late', true],
  ])('all of them %s', (_title, mayGoElsewhere) => {
    const rig = parkingRig({ maxParked: 10_000 });
    const { parking, out } = rig;
    const { parked, looks } = crowd(mayGoElsewhere);
    const names = parked.map(({ name }) => name);
    for (const one of parked) parking.park(one);
    // The first time in vain: all are parked again.
    rig.onRetry = (one) => parking.park(one);
    if (mayGoElsewhere) vi.advanceTimersByTime(1_000);
    else parking.release();
    rig.onRetry = () => undefined;
    parking.release();
    expect(out).toEqual([...names, ...names]);
    expect(looks()).toBeLessThan(10 * names.length);
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
    rig.onRetry = (message) => {
      late.push(message.isOverdue);
      parking.park(message);
    };
    parking.park(parkable('news', { mayGoElsewhere: true }));
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

  test('is given up after that one try if it is a request, whose sender waits with it', () => {
    const rig = parkingRig();
    rig.onRetry = (message) => rig.parking.park(message);
    rig.parking.park(parkable('question', { id: 0, mayGoElsewhere: true }));
    vi.advanceTimersByTime(1_000);
    expect(rig.out).toEqual(['question', 'question: PARK_TIMEOUT']);
  });

  test('does not keep others from being given up in time', () => {
    const rig = parkingRig();
    const { parking, park, out } = rig;
    rig.onRetry = (message) => parking.park(message);
    parking.park(parkable('news', { mayGoElsewhere: true }));
    vi.advanceTimersByTime(1_000);
    park('a');
    vi.advanceTimersByTime(1_000);
    expect(out).toEqual(['news', 'a: PARK_TIMEOUT']);
    parking.close();
  });

  test('is given up on close, like all others', () => {
    const rig = parkingRig();
    rig.onRetry = (message) => rig.parking.park(message);
    rig.parking.park(parkable('news', { mayGoElsewhere: true }));
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
    parking.park(parkable('old', { key: 'tools' }));
    parking.park(parkable('new', { key: 'tools' }));
    parking.park(parkable('other', { key: 'prompts' }));
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
    for (let index = 0; index < 100; index += 1) parking.park(parkable(`${index}`, { key: 'tools' }));
    expect(parking.size).toBe(1);
    expect(out).toEqual(Array.from({ length: 99 }, (_, index) => `${index}: SUPERSEDED`));
    parking.release();
    expect(out.at(-1)).toBe('99');
  });

  test('each new one inherits the deadline: who repeats itself for ever is not kept for ever', () => {
    const { parking, park, out } = parkingRig();
    park('a');
    for (const name of ['1st', '2nd', '3rd']) {
      parking.park(parkable(name, { key: 'tools' }));
      park(`after ${name}`);
      vi.advanceTimersByTime(400);
    }
    expect(out).toEqual([
      '1st: SUPERSEDED',
      '2nd: SUPERSEDED',
      'a: PARK_TIMEOUT',
      '3rd: PARK_TIMEOUT',
      'after 1st: PARK_TIMEOUT',
    ]);
    parking.close();
  });

  test('a new one in the place of one that is late may go as late', () => {
    const rig = parkingRig();
    const { parking, out } = rig;
    const late: boolean[] = [];
    rig.onRetry = (one) => {
      late.push(one.isOverdue);
      if (late.length === 1) parking.park(one);
    };
    parking.park(parkable('old', { key: 'tools', mayGoElsewhere: true }));
    vi.advanceTimersByTime(1_000);
    parking.park(parkable('new', { key: 'tools', mayGoElsewhere: true }));
    expect(vi.getTimerCount()).toBe(0);
    parking.release();
    expect(out).toEqual(['old', 'old: SUPERSEDED', 'new']);
    expect(late).toEqual([true, true]);
  });

  test('none is superseded that says something else, or nothing that could be said again', () => {
    const { parking, out } = parkingRig();
    for (const key of ['tools', 'prompts', undefined, undefined]) parking.park(parkable('one', { key }));
    expect(out).toEqual([]);
    parking.close();
  });
});

describe('a request that its sender takes back', () => {
  test('is given up, and nobody else', () => {
    const { parking, park, out } = parkingRig();
    park('a');
    parking.park(parkable('question', { id: 0 }));
    expect(parking.withdraw(0)).toBe(true);
    expect(parking.withdraw(0)).toBe(false);
    expect(parking.withdraw('0')).toBe(false);
    expect(out).toEqual(['question: CANCELLED']);
    parking.release();
    expect(out).toEqual(['question: CANCELLED', 'a']);
  });

  test('leaves a timer that finds nobody, and does no harm', () => {
    const { parking, out } = parkingRig();
    parking.park(parkable('question', { id: 1 }));
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
