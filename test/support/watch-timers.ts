import { createHook } from 'node:async_hooks';

/**
 * The timers that are set from now on, also those that keep no process alive, by the place where they were set.
 *
 * @param whose the files whose timers count. Node has timers of its own, on connections that are kept and for headers
 */
export function watchTimers(whose: RegExp): { readonly alive: ReadonlyMap<number, string>; stop(): void } {
  const alive = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      const setter = type === 'Timeout' ? setterOfTimer() : undefined;
      if (setter !== undefined && whose.test(setter)) alive.set(id, setter);
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
