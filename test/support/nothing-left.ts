/** What is still there when all is closed, though nobody needs it: handles, and timers that keep no process alive. */
import { createHook } from 'node:async_hooks';
import { afterEach, beforeEach, expect } from 'vitest';

/** Whose timers count: ours and the SDK's. Node has timers of its own on sockets that are kept for the next request. */
const OURS = /\/src\/|@modelcontextprotocol/;

/** The timers that are set, also those that keep no process alive, by the place where they were set. */
export function watchTimers(): { readonly alive: ReadonlyMap<number, string>; stop(): void } {
  const alive = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      const setter = type === 'Timeout' ? setterOfTimer() : undefined;
      if (setter !== undefined && OURS.test(setter)) alive.set(id, setter);
    },
    destroy: (id) => alive.delete(id),
  }).enable();
  return {
    alive,
    stop: () => {
      hook.disable();
    },
  };
}

/** The file that sets a timer just now. Without source maps, which take long. */
function setterOfTimer(): string | undefined {
  const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName() ?? '');
  const files = new Error().stack as unknown as string[];
  Object.defineProperty(Error, 'prepareStackTrace', own ?? { value: undefined, writable: true, configurable: true });
  return files[files.indexOf('node:timers') + 1];
}

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
    timers = watchTimers();
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
