import { MAX_TIMEOUT_MS } from '../clock.js';
import { textOf } from '../errors.js';
import type { Logs } from './logs.js';
import { watchParent } from './parent.js';

/** How long calls in flight may take to finish. */
export const GRACE_MS = 10_000;

/** `npx` passes on a signal that the terminal has sent to us as well: within this time it is one and the same. */
const ECHO_MS = 300;

/**
 * Those that a terminal sends, when it goes (SIGHUP) or on Ctrl-C and Ctrl-\, and whoever ends a service. The default
 * would end us, and nothing that leads a process group of its own.
 */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

export interface Shutdown {
  /** Lets calls in flight finish, and closes everything. */
  readonly close: () => Promise<void>;
  /** Ends at once what would outlive this process: called when that ends, unless by a signal that is not handled here. */
  readonly abandon: () => void;
  readonly logs: Logs;
}

/**
 * Ends the process on the first of these signals when it is done, on the second at once. That npx, which has started us, is
 * gone counts as a signal.
 *
 * @returns whether there has been one
 */
export function closeOnSignals({ close, abandon, logs }: Shutdown): () => boolean {
  process.once('exit', abandon);
  let first: { readonly signal: string; readonly at: number } | undefined;
  const begin = (signal: string): void => {
    first = { signal, at: performance.now() };
    logs.info(`${signal}: lets calls in flight finish, and ends`);
    void end(close, 0, logs);
  };
  watchParent(() => {
    if (first === undefined) begin('the program that started this is gone');
  });
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (first === undefined) {
        begin(signal);
      } else if (!isOne(signal, first.signal) || performance.now() - first.at > ECHO_MS) {
        process.exit(128 + number);
      }
    });
  }
  return () => first !== undefined;
}

/** A logout sends SIGHUP together with SIGTERM. */
function isOne(signal: string, first: string): boolean {
  return signal === first || signal === 'SIGHUP' || first === 'SIGHUP';
}

export async function end(close: () => Promise<void>, exitCode: number, logs: Logs): Promise<void> {
  // With stdin closed and a server that is not connected just now, nothing else keeps the process alive.
  setInterval(() => undefined, MAX_TIMEOUT_MS);
  try {
    await close();
    process.exit(exitCode);
  } catch (error) {
    logs.error(`could not end in order: ${textOf(error)}`);
    process.exit(1);
  }
}
