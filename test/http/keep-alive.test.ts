import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventStream } from '../../src/http/event-stream.js';
import { KeepAlive } from '../../src/http/keep-alive.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

let visits = 0;

class FakeStream {
  readonly visit = { number: ++visits, response: Object.assign(new EventEmitter(), { socket: null }) };
  readonly commentsAt: number[] = [];
  readonly #begunAt = performance.now();

  comment(text: string): void {
    expect(text).toBe(': keepalive\n\n');
    this.commentsAt.push(performance.now() - this.#begunAt);
  }
}

function stage(everyMs: number): { keepAlive: KeepAlive; add: () => FakeStream; remove: (stream: FakeStream) => void } {
  const keepAlive = new KeepAlive(everyMs);
  return {
    keepAlive,
    add: () => {
      const stream = new FakeStream();
      keepAlive.add(stream as unknown as EventStream);
      return stream;
    },
    remove: (stream) => {
      keepAlive.delete(stream as unknown as EventStream);
      stream.visit.response.emit('close');
    },
  };
}

describe('a stream gets a comment', () => {
  it('each time that the period has passed, whatever other streams there are', () => {
    const { add, remove } = stage(1_000);
    const first = add();
    vi.advanceTimersByTime(400);
    const second = add();
    vi.advanceTimersByTime(2_000);
    remove(first);
    vi.advanceTimersByTime(1_000);
    expect(first.commentsAt).toEqual([1_000, 2_000]);
    expect(second.commentsAt).toEqual([1_000, 2_000, 3_000]);
    remove(second);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('also if it begins after all others have ended', () => {
    const { add, remove } = stage(1_000);
    remove(add());
    const next = add();
    vi.advanceTimersByTime(1_000);
    expect(next.commentsAt).toEqual([1_000]);
    remove(next);
  });

  it.each([0, 0.5, -1, NaN, Infinity])('never if the period is %s', (everyMs) => {
    const { add, remove } = stage(everyMs);
    const stream = add();
    vi.advanceTimersByTime(1_000_000);
    expect(stream.commentsAt).toEqual([]);
    remove(stream);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('no more when the transport has closed', () => {
    const { keepAlive, add, remove } = stage(1_000);
    const stream = add();
    keepAlive.close();
    vi.advanceTimersByTime(10_000);
    expect(stream.commentsAt).toEqual([]);
    remove(stream);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('not at once though the period is longer than a timer can be', () => {
    const { add, remove } = stage(2 ** 40);
    const stream = add();
    vi.advanceTimersByTime(100_000);
    expect(stream.commentsAt).toEqual([]);
    remove(stream);
  });
});
