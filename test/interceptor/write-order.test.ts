import { afterEach, describe, expect, test, vi } from 'vitest';
import { now } from '../../src/clock.js';
import { OrderedStream } from '../../src/streams/ordered-stream.js';
import { attempt, WriteOrder } from '../../src/interceptor/write-order.js';
import { deferred, type Deferred } from '../support/deferred.js';

const orders: WriteOrder[] = [];

afterEach(() => {
  for (const order of orders.splice(0)) order.close(new Error('closed'));
});

function opened(order: WriteOrder): WriteOrder {
  orders.push(order);
  return order;
}

/** A stream whose writes are noted when they begin, and end when the test says so. */
function slowStream(): { order: WriteOrder; stream: OrderedStream; begun: string[]; write: (name: string) => Write } {
  const order = opened(new WriteOrder(60_000, () => new Error('stalled')));
  const stream = new OrderedStream();
  const begun: string[] = [];
  const write = (name: string): Write => {
    const end = deferred();
    const settled = order.write(stream, now(), {
      perform: async () => {
        begun.push(name);
        return end.promise;
      },
    });
    // What is left at the end of a test is closed, and nobody listens.
    settled.catch(() => undefined);
    return { settled, end };
  };
  return { order, stream, begun, write };
}

interface Write {
  readonly settled: Promise<void>;
  readonly end: Deferred;
}

describe('the messages of one stream', () => {
  test('are written at once, in the same tick, while the stream is idle', async () => {
    const { begun, write } = slowStream();
    const first = write('first');
    expect(begun).toEqual(['first']);
    first.end.resolve();
    await first.settled;
    const second = write('second');
    expect(begun).toEqual(['first', 'second']);
    second.end.resolve();
    await second.settled;
  });

  test('are written in the order of their sends, each after the one before', async () => {
    const { begun, write } = slowStream();
    const writes = ['a', 'b', 'c'].map(write);
    expect(begun).toEqual(['a']);
    for (const [index, { settled, end }] of writes.entries()) {
      end.resolve();
      await settled;
      expect(begun).toEqual(['a', 'b', 'c'].slice(0, index + 2));
    }
  });

  test('are not held up by the messages of another stream', () => {
    const { order, begun, write } = slowStream();
    write('a');
    void order.write(new OrderedStream(), now(), { perform: async () => Promise.resolve(void begun.push('other')) });
    expect(begun).toEqual(['a', 'other']);
  });

  test('are written though an earlier one has failed', async () => {
    const { begun, write } = slowStream();
    const [a, b] = [write('a'), write('b')];
    a.end.reject(new Error('disk full'));
    await expect(a.settled).rejects.toThrow('disk full');
    expect(begun).toEqual(['a', 'b']);
    b.end.resolve();
    await expect(b.settled).resolves.toBeUndefined();
  });

  test('are written though an earlier one threw before it began', async () => {
    const { order, stream, begun, write } = slowStream();
    const thrown = order.write(stream, now(), {
      perform: () => {
        throw new Error('not connected');
      },
    });
    const b = write('b');
    await expect(thrown).rejects.toThrow('not connected');
    expect(begun).toEqual(['b']);
    b.end.resolve();
    await b.settled;
  });

  test('may be sent while another one is handed over: a reaction does not wait for what it reacts to', async () => {
    const { order, stream, begun, write } = slowStream();
    let reaction: Write | undefined;
    const outer = order.write(stream, now(), {
      perform: async () => {
        begun.push('question');
        reaction = write('reaction');
        begun.push('question is out');
        return Promise.resolve();
      },
    });
    expect(begun).toEqual(['question', 'reaction', 'question is out']);
    await outer;
    // What is sent later waits for the reaction, as for any earlier message.
    const later = write('later');
    expect(begun).not.toContain('later');
    reaction?.end.resolve();
    await reaction?.settled;
    expect(begun.at(-1)).toBe('later');
    later.end.resolve();
    await later.settled;
  });
});

describe('close', () => {
  test('rejects what waits and what is being written, and writes none of it later', async () => {
    const { order, begun, write } = slowStream();
    const [a, b] = [write('a'), write('b')];
    order.close(new Error('closed'));
    await expect(a.settled).rejects.toThrow('closed');
    await expect(b.settled).rejects.toThrow('closed');
    a.end.resolve();
    await a.end.promise;
    await Promise.resolve();
    expect(begun).toEqual(['a']);
  });

  test('leaves nothing for the next life to wait for', async () => {
    const { order, begun, write } = slowStream();
    const a = write('a');
    order.close(new Error('closed'));
    await expect(a.settled).rejects.toThrow('closed');
    const b = write('b');
    const c = write('c');
    expect(begun).toEqual(['a', 'b']);
    // The late end of the old write must not let the new ones overtake each other.
    a.end.resolve();
    await a.end.promise;
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b']);
    b.end.resolve();
    await b.settled;
    expect(begun).toEqual(['a', 'b', 'c']);
    c.end.resolve();
    await c.settled;
  });
});

describe('attempt', () => {
  test('takes a throw for a rejection, and makes an error of what is none', async () => {
    await expect(
      attempt(() => {
        throw new TypeError('x');
      }),
    ).rejects.toThrow(TypeError);
    await expect(
      attempt(() => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a transport may
        throw 'a word';
      }),
    ).rejects.toMatchObject({ message: 'a word', cause: 'a word' });
  });

  test('takes no return value for success', async () => {
    await expect(attempt((() => undefined) as never)).resolves.toBeUndefined();
  });
});

describe('a write that does not end', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is given up when its time is over, and the next one goes on', async () => {
    vi.useFakeTimers();
    const order = opened(new WriteOrder(100, (ms) => new Error(`stalled for ${ms} ms`)));
    const stream = new OrderedStream();
    const hung = order.write(stream, now(), { perform: async () => new Promise(() => undefined) });
    const next = order.write(stream, now(), { perform: async () => Promise.resolve() });
    const outcome = Promise.allSettled([hung, next]);
    await vi.advanceTimersByTimeAsync(99);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject([
      { status: 'rejected', reason: { message: 'stalled for 100 ms' } },
      { status: 'fulfilled' },
    ]);
    await vi.advanceTimersByTimeAsync(200);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is given up, and so is the next one of its stream, when that does not end either', async () => {
    vi.useFakeTimers();
    const order = opened(new WriteOrder(100, () => new Error('stalled')));
    const stream = new OrderedStream();
    const settled: string[] = [];
    for (const name of ['first', 'second']) {
      order.write(stream, now(), { perform: async () => new Promise(() => undefined) }).catch(() => settled.push(name));
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual(['first', 'second']);
  });

  test('is given up in its own time, whatever other transports write', async () => {
    vi.useFakeTimers();
    const settled: string[] = [];
    const hang = (name: string, timeoutMs: number): WriteOrder => {
      const order = opened(new WriteOrder(timeoutMs, () => new Error('stalled')));
      order
        .write(new OrderedStream(), now(), { perform: async () => new Promise(() => undefined) })
        .catch(() => settled.push(name));
      return order;
    };
    const long = hang('long', 300);
    hang('short', 100);
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual(['short']);
    hang('later', 100);
    long.close(new Error('closed'));
    await vi.advanceTimersByTimeAsync(100);
    expect(settled).toEqual(['short', 'long', 'later']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not shorten the time of one that began later', async () => {
    vi.useFakeTimers();
    const order = opened(new WriteOrder(100, () => new Error('stalled')));
    const settled: string[] = [];
    const hang = (name: string): void => {
      order
        .write(new OrderedStream(), now(), { perform: async () => new Promise(() => undefined) })
        .catch(() => settled.push(name));
    };
    hang('first');
    await vi.advanceTimersByTimeAsync(60);
    hang('second');
    await vi.advanceTimersByTimeAsync(40);
    expect(settled).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(60);
    expect(settled).toEqual(['first', 'second']);
  });
});
