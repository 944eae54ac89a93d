import { describe, expect, test } from 'vitest';
import { ParkedQueue, type Queued } from '../../src/streams/parked-queue.js';

let sent = 0;

function waiting(since: number | undefined, more: Partial<Queued> = {}): Queued {
  return {
    nth: sent++,
    bytes: 1,
    id: undefined,
    key: undefined,
    until: 'any-stream',
    isOverdue: false,
    since,
    ...more,
  };
}

function queueOf(...all: Queued[]): ParkedQueue<Queued> {
  const queue = new ParkedQueue<Queued>();
  for (const one of all) queue.add(one);
  return queue;
}

describe('the oldest', () => {
  test('is who came first', () => {
    expect(queueOf(waiting(1), waiting(2)).oldestSince).toBe(1);
  });

  test('is none of those whose time is over', () => {
    expect(queueOf(waiting(1, { isOverdue: true }), waiting(2)).oldestSince).toBe(2);
    expect(queueOf(waiting(1, { isOverdue: true })).oldestSince).toBeUndefined();
  });

  test('is nobody in an empty queue', () => {
    expect(queueOf().oldestSince).toBeUndefined();
  });
});

describe('who says the same', () => {
  test('is known, until it has left', () => {
    const tools = waiting(1, { key: 'tools', id: 1 });
    const queue = queueOf(tools, waiting(1, { key: 'prompts' }), waiting(1));
    expect(queue.same('tools')).toBe(tools);
    queue.takeRequest(1);
    expect(queue.same('tools')).toBeUndefined();
    expect(queue.size).toBe(2);
  });

  test('gives its place to the next who says it', () => {
    const [before, news, after] = [waiting(1), waiting(2, { key: 'tools' }), waiting(3)];
    const newest = waiting(2, { key: 'tools' });
    const queue = queueOf(before, news, after);
    queue.add(newest);
    expect(queue.same('tools')).toBe(newest);
    expect(queue.takeAll()).toEqual([before, newest, after]);
  });

  test('is not found by a key that every object has', () => {
    const queue = queueOf(waiting(1, { key: 'tools' }));
    expect(queue.same('__proto__')).toBeUndefined();
    expect(queue.same('constructor')).toBeUndefined();
  });
});

describe('a request', () => {
  test.each([[0], [''], ['1'], [1], ['__proto__']])('is taken out by its id %o, and by no other', (id) => {
    const request = waiting(1, { id });
    const others = [0, '', '1', 1, '__proto__'].filter((other) => other !== id);
    const queue = queueOf(waiting(1), ...others.map((other) => waiting(1, { id: other })), request);
    expect(queue.takeRequest(id)).toBe(request);
    expect(queue.takeRequest(id)).toBeUndefined();
    expect(queue.takeAll().map((one) => one.id)).toEqual([undefined, ...others]);
  });
});

describe('those who have waited long enough', () => {
  test('are taken out in the order of their arrival', () => {
    const all = [waiting(1), waiting(2), waiting(2), waiting(3)];
    const queue = queueOf(...all);
    expect(queue.takeSince(2)).toEqual(all.slice(0, 3));
    expect(queue.takeAll()).toEqual(all.slice(3));
  });

  test('are not those whose time was over before', () => {
    const late = waiting(1, { isOverdue: true });
    const punctual = waiting(2);
    const queue = queueOf(late, waiting(undefined), punctual);
    expect(queue.takeSince(2)).toEqual([punctual]);
    expect(queue.size).toBe(2);
  });

  test('say nothing any more for those who say the same', () => {
    const queue = queueOf(waiting(1, { key: 'tools' }));
    queue.takeSince(1);
    expect(queue.same('tools')).toBeUndefined();
  });
});

test('takes all, in order, and is empty then', () => {
  const all = [waiting(3, { key: 'tools' }), waiting(1, { id: 1 }), waiting(2)];
  const queue = queueOf(...all);
  expect(queue.takeAll()).toEqual(all);
  expect(queue.takeAll()).toEqual([]);
  expect(queue.size).toBe(0);
  expect(queue.oldestSince).toBeUndefined();
  expect(queue.same('tools')).toBeUndefined();
});

describe('whom a request stream may help', () => {
  const news = { until: 'standalone', key: 'tools' } as const;

  test.each([
    ['is who waits for any stream', waiting(1), true],
    ['is who is late', waiting(1, { until: 'standalone', isOverdue: true }), true],
    ['is not who still waits for the standalone stream', waiting(1, news), false],
  ])('%s', (_title, one, expected) => {
    const queue = queueOf(one);
    expect(queue.hasForAnyStream).toBe(expected);
    queue.takeAll();
    expect(queue.hasForAnyStream).toBe(false);
  });

  test('is nobody when they have left, one by one or for another that says the same', () => {
    const queue = queueOf(waiting(1, { id: 1 }), waiting(2), waiting(3, { ...news, isOverdue: true }));
    queue.takeRequest(1);
    queue.takeSince(2);
    expect(queue.hasForAnyStream).toBe(true);
    queue.add(waiting(3, news));
    expect(queue.hasForAnyStream).toBe(false);
    queue.add(waiting(3, { ...news, isOverdue: true }));
    expect(queue.hasForAnyStream).toBe(true);
    queue.takeOverdue();
    expect(queue.hasForAnyStream).toBe(false);
  });
});

describe('who comes back from a stream that went away', () => {
  // Sent before the others, and waits since later or earlier.
  const back = (since: number): [Queued, Queued, Queued] => [waiting(since), waiting(2), waiting(4)];

  test.each([1, 3, 5])(
    'waits in front of those who were sent later, whoever has waited for longer: since %i',
    (since) => {
      const [first, ...others] = back(since);
      const queue = queueOf(...others, first);
      expect(queue.oldestSince).toBe(Math.min(since, 2));
      expect(queue.takeSince(3)).toEqual([first, others[0]].filter((one) => Number(one.since) <= 3));
      expect(queue.takeAll()).toEqual([first, others[1]].filter((one) => Number(one.since) > 3));
    },
  );

  test('is forgotten to have done so when nobody is left', () => {
    const [first, ...others] = back(5);
    const queue = queueOf(...others, first);
    queue.takeAll();
    const later = [waiting(6), waiting(7)];
    for (const one of later) queue.add(one);
    expect(queue.takeSince(6)).toEqual(later.slice(0, 1));
    expect(queue.takeAll()).toEqual(later.slice(1));
  });
});
