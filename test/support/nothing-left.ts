/** What is still there when all is closed, though nobody needs it: handles, and timers that keep no process alive. */
import { afterEach, beforeEach, expect } from 'vitest';
import { watchTimers } from './watch-timers.js';

/** Whose timers count: ours and the SDK's. */
export const OURS = /\/src\/|@modelcontextprotocol/;

/** What keeps the process alive now, by its kind: sockets, servers, processes, pipes. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/**
 * After each test of a file there is no more than before it. To be called before whatever opens something: what is
 * called last is closed first.
 */
export function nothingIsLeft(): void {
  let before: Record<string, number> = {};
  let timers: ReturnType<typeof watchTimers> | undefined;
  beforeEach(() => {
    before = handles();
    timers = watchTimers(OURS);
  });
  afterEach(async () => {
    // What has ended tells so in one of the next turns.
    const more = (): string[] =>
      Object.entries(handles()).flatMap(([kind, count]) => (count > (before[kind] ?? 0) ? [kind] : []));
    const left = (): unknown => ({ handles: more(), timers: [...(timers?.alive.values() ?? [])] });
    try {
      await expect.poll(left, { timeout: 5_000 }).toEqual({ handles: [], timers: [] });
    } finally {
      timers?.stop();
    }
  });
}
