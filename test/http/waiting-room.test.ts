import { describe, expect, test } from 'vitest';
import { WaitingRoom, type Waiting } from '../../src/http/waiting-room.js';

function waiting(since: number | undefined, more: Partial<Waiting> = {}): Waiting {
  return { id: undefined, key: undefined, until: 'any-stream', isOverdue: false, since, ...more };
}

function roomOf(...all: Waiting[]): WaitingRoom<Waiting> {
  const room = new WaitingRoom<Waiting>();
  for (const one of all) room.add(one);
  return room;
}

describe('the oldest', () => {
  test('is who came first', () => {
    const first = waiting(1);
    expect(roomOf(first, waiting(2)).oldest).toBe(first);
  });

  test('is none of those whose time is over', () => {
    const first = waiting(2);
    expect(roomOf(waiting(1, { isOverdue: true }), first).oldest).toBe(first);
    expect(roomOf(waiting(1, { isOverdue: true })).oldest).toBeUndefined();
  });

  test('is nobody in an empty room', () => {
    expect(roomOf().oldest).toBeUndefined();
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
    const [before, after, newest] = [waiting(1), waiting(3), waiting(2, { key: 'tools' })];
    const room = roomOf(before, waiting(2, { key: 'tools' }), after);
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
  expect(room.oldest).toBeUndefined();
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
