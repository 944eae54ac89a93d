/** A process that was started, and that ends when it is told to. */
interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Runs `work`, and then stops the processes that it has started.
 *
 * @param work calls `keep` with each of them
 */
export async function withProcesses<R>(work: (keep: <P extends Stoppable>(process: P) => P) => Promise<R>): Promise<R> {
  const kept: Stoppable[] = [];
  try {
    return await work((process) => {
      kept.push(process);
      return process;
    });
  } finally {
    await Promise.all(kept.map((process) => process.stop()));
  }
}
