import process from 'node:process';

/** The processes that run, so that they can be ended when there is no time to ask. */
export class Children {
  readonly #pids = new Set<number>();

  add(pid: number): void {
    this.#pids.add(pid);
  }

  delete(pid: number): void {
    this.#pids.delete(pid);
  }

  kill(): void {
    for (const pid of this.#pids) signalGroup(pid, 'SIGKILL');
  }
}

/**
 * Where there are process groups, a child leads one of its own. A terminal signals all of ours on Ctrl-C, and
 * would end a server in the middle of calls that we let finish; and what a child has started (`npx` starts
 * another process) ends with it.
 */
export const LEADS_GROUP: boolean = process.platform !== 'win32';

/** Signals a child, and what it has started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(LEADS_GROUP ? -pid : pid, signal);
  } catch {
    // it has ended by itself
  }
}
