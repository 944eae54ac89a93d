import { describe, expect, test } from 'vitest';
import { WaitingRoom, type Waiting } from '../../src/streams/parked-queue.js';

let sent = 0;

function waiting(since: number | undefined, more: Partial<Waiting> = {}): Waiting {
  return { nth: sent++, id: undefined, key: undefined, until: 'any-stream', isOverdue: false, since, ...more };
}

function roomOf(...all: Waiting[]): WaitingRoom<Waiting> {
  const room = new WaitingRoom<Waiting>();
  for (const one of all) room.add(one);
  return room;
}

describe('the oldest', () => {
  test('is who came first', () => {
    expect(roomOf(waiting(1), waiting(2)).oldestSince).toBe(1);
  });

  test('is none of those whose time is over', () => {
    expect(roomOf(waiting(1, { isOverdue: true }), waiting(2)).oldestSince).toBe(2);
    expect(roomOf(waiting(1, { isOverdue: true })).oldestSince).toBeUndefined();
  });

  test('is nobody in an empty room', () => {
    expect(roomOf().oldestSince).toBeUndefined();
  });
});

describe('who says the same', () => {
  test('is known, until it has left', () => {
    const tools = waiting(1, { key: 'tools', id: 1 });
    const room = roomOf(tools, waiting(1, { key: 'prompts' }), waiting(1));
    expect(room.same('tools')).toBe(tools);
    room.takeRequest(1);
    expect(room.same('tools')).toBeUndefined();
    expect(room.size).toBe(2);
  });

  test('gives its place to the next who says it', () => {
    const [before, news, after] = [waiting(1), waiting(2, { key: 'tools' }), waiting(3)];
    const newest = waiting(2, { key: 'tools' });
    const room = roomOf(before, news, after);
    room.add(newest);
    expect(room.same('tools')).toBe(newest);
    expect(room.takeAll()).toEqual([before, newest, after]);
  });

  test('is not found by a key that every object has', () => {
    const room = roomOf(waiting(1, { key: 'tools' }));
    expect(room.same('__proto__')).toBeUndefined();
    expect(room.same('constructor')).toBeUndefined();
  });
});

describe('a request', () => {
  test.each([[0], [''], ['1'], [1], ['__proto__']])('is taken out by its id %o, and by no other', (id) => {
    const request = waiting(1, { id });
    const others = [0, '', '1', 1, '__proto__'].filter((other) => other !== id);
    const room = roomOf(waiting(1), ...others.map((other) => waiting(1, { id: other })), request);
    expect(room.takeRequest(id)).toBe(request);
    expect(room.takeRequest(id)).toBeUndefined();
    expect(room.takeAll().map((one) => one.id)).toEqual([undefined, ...others]);
  });
});

describe('those who have waited long enough', () => {
  test('are taken out in the order of their arrival', () => {
    const all = [waiting(1), waiting(2), waiting(2), waiting(3)];
    const room = roomOf(...all);
    expect(room.takeSince(2)).toEqual(all.slice(0, 3));
    expect(room.takeAll()).toEqual(all.slice(3));
  });

  test('are not those whose time was over before', () => {
    const late = waiting(1, { isOverdue: true });
    const punctual = waiting(2);
    const room = roomOf(late, waiting(undefined), punctual);
    expect(room.takeSince(2)).toEqual([punctual]);
    expect(room.size).toBe(2);
  });

  test('say nothing any more for those who say the same', () => {
    const room = roomOf(waiting(1, { key: 'tools' }));
    room.takeSince(1);
    expect(room.same('tools')).toBeUndefined();
  });
});

test('takes all, in order, and is empty then', () => {
  const all = [waiting(3, { key: 'tools' }), waiting(1, { id: 1 }), waiting(2)];
  const room = roomOf(...all);
  expect(room.takeAll()).toEqual(all);
  expect(room.takeAll()).toEqual([]);
  expect(room.size).toBe(0);
  expect(room.oldestSince).toBeUndefined();
  expect(room.same('tools')).toBeUndefined();
});

describe('whom a request stream may help', () => {
  const news = { until: 'standalone', key: 'tools' } as const;

  test.each([
    ['is who waits for any stream', waiting(1), true],
    ['is who is late', waiting(1, { until: 'standalone', isOverdue: true }), true],
    ['is not who still waits for the standalone stream', waiting(1, news), false],
  ])('%s', (_title, one, expected) => {
    const room = roomOf(one);
    expect(room.hasForAnyStream).toBe(expected);
    room.takeAll();
    expect(room.hasForAnyStream).toBe(false);
  });

  test('is nobody when they have left, one by one or for another that says the same', () => {
    const room = roomOf(waiting(1, { id: 1 }), waiting(2), waiting(3, { ...news, isOverdue: true }));
    room.takeRequest(1);
    room.takeSince(2);
    expect(room.hasForAnyStream).toBe(true);
    room.add(waiting(3, news));
    expect(room.hasForAnyStream).toBe(false);
    room.add(waiting(3, { ...news, isOverdue: true }));
    expect(room.hasForAnyStream).toBe(true);
    room.takeOverdue();
    expect(room.hasForAnyStream).toBe(false);
  });
});

describe('who comes back from a stream that went away', () => {
  // Sent before the others, and waits since later or earlier.
  const back = (since: number): [Waiting, Waiting, Waiting] => [waiting(since), waiting(2), waiting(4)];

  test.each([1, 3, 5])(
    'waits in front of those who were sent later, whoever has waited for longer: since %i',
    (since) => {
      const [first, ...others] = back(since);
      const room = roomOf(...others, first);
      expect(room.oldestSince).toBe(Math.min(since, 2));
      expect(room.takeSince(3)).toEqual([first, others[0]].filter((one) => Number(one.since) <= 3));
      expect(room.takeAll()).toEqual([first, others[1]].filter((one) => Number(one.since) > 3));
    },
  );

  test('is forgotten to have done so when nobody is left', () => {
    const [first, ...others] = back(5);
    const room = roomOf(...others, first);
    room.takeAll();
    const later = [waiting(6), waiting(7)];
    for (const one of later) room.add(one);
    expect(room.takeSince(6)).toEqual(later.slice(0, 1));
    expect(room.takeAll()).toEqual(later.slice(1));
  });
});
