/**
 * For files of tests that share a process. A timer that one leaves behind would fail or disturb another, now and then.
 * So it fails its own file, always.
 */
import { afterAll, expect, vi } from 'vitest';

type Timers = Map<NodeJS.Timeout, Error>;

/** This module is loaded for each file anew; its process is the same. */
const shared = globalThis as { timersOfTests?: Timers };
const timers = (shared.timersOfTests ??= watch());

/** Timers of Node and of other packages are not known to be anybody's. */
const OURS = /\/(src|test|examples|suites|benchmarks)\/|@modelcontextprotocol/;
/** With it, the SDK waits for a process to end. It is not cleared, and nothing comes of it. */
const OF_A_PIPE = /\/client\/(dist\/)?stdio\.m?js/;

/** Who has set the timers that are set. */
function watch(): Timers {
  const set: Timers = new Map();
  const { setTimeout, clearTimeout } = globalThis;
  const watched = (callback: (...given: unknown[]) => void, ms?: number, ...given: unknown[]): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      set.delete(timer);
      callback(...given);
    }, ms);
    set.set(timer, new Error('set'));
    return timer;
  };
  globalThis.setTimeout = Object.defineProperties(
    watched,
    Object.getOwnPropertyDescriptors(setTimeout),
  ) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    set.delete(timer as NodeJS.Timeout);
    clearTimeout(timer);
  };
  return set;
}

afterAll(async () => {
  const left = (): string[] =>
    [...timers.values()]
      .map(({ stack = '' }) => stack.replace(/^.*\n.*shared-process.*\n/, ''))
      .filter((stack) => OURS.test(stack) && !OF_A_PIPE.test(stack));
  // What is being closed may need a moment.
  await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 4_000 });
});
