import { MAX_TIMEOUT_MS } from '../clock.js';
import { textOf } from '../errors.js';
import type { Logs } from './logs.js';
import { watchParent } from './parent.js';

/** How long calls in flight may take to finish. */
export const GRACE_MS = 10_000;

/** `npx` passes on signals that the terminal has also sent to us. A repetition within this time is the same signal. */
const ECHO_MS = 300;

/**
 * A terminal sends these when it closes (SIGHUP) and on Ctrl-C and Ctrl-\. Service managers send SIGTERM. Without a
 * handler, they would end this process, but not the children that lead their own process groups.
 */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

export interface Shutdown {
  /** Lets calls in flight finish, then closes everything. */
  readonly close: () => Promise<void>;
  /** Kills what would outlive this process. Called when the process ends, unless a signal not handled here ends it. */
  readonly abandon: () => void;
  readonly logs: Logs;
}

/**
 * On the first signal, closes everything and then ends the process. A second signal ends it at once. If the npx that
 * started us ends, that counts as a signal.
 *
 * @returns a function that tells whether a signal has arrived
 */
export function closeOnSignals({ close, abandon, logs }: Shutdown): () => boolean {
  // First: whatever else is done at the exit may take time.
  process.prependOnceListener('exit', abandon);
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

/** Whether two signals have the same cause. A logout sends SIGHUP together with SIGTERM. */
function isOne(signal: string, first: string): boolean {
  return signal === first || signal === 'SIGHUP' || first === 'SIGHUP';
}

export async function end(close: () => Promise<void>, exitCode: number, logs: Logs): Promise<void> {
  // If stdin is closed and no server is connected, nothing else keeps the process alive.
  setInterval(() => undefined, MAX_TIMEOUT_MS);
  try {
    await close();
    process.exit(exitCode);
  } catch (error) {
    logs.error(`could not end in order: ${textOf(error)}`);
    process.exit(1);
  }
}
