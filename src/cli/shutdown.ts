import type { Logs } from './logs.js';

/** How long calls in flight may take to finish. */
export const GRACE_MS = 10_000;

/** `npx` passes on a signal that the terminal has sent to us as well: within this time it is one and the same. */
const ECHO_MS = 300;

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

export interface Shutdown {
  /** Lets calls in flight finish, and closes everything. */
  readonly close: () => Promise<void>;
  /** Ends at once what would outlive this process. */
  readonly abandon: () => void;
  readonly logs: Logs;
}

/**
 * Ends the process on the first SIGTERM or SIGINT when it is done, on the second at once.
 *
 * @returns whether there has been one
 */
export function closeOnSignals({ close, abandon, logs }: Shutdown): () => boolean {
  let first: { readonly signal: string; readonly at: number } | undefined;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (first === undefined) {
        first = { signal, at: performance.now() };
        logs.info(`${signal}: lets calls in flight finish, and ends`);
        void end(close, 0, logs);
      } else if (signal !== first.signal || performance.now() - first.at > ECHO_MS) {
        abandon();
        process.exit(128 + number);
      }
    });
  }
  return () => first !== undefined;
}

export async function end(close: () => Promise<void>, exitCode: number, logs: Logs): Promise<void> {
  try {
    await close();
    process.exit(exitCode);
  } catch (error) {
    logs.error(`could not end in order: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
