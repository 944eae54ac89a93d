import { spawn } from 'node:child_process';
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
  if (!LEADS_GROUP) {
    // There are no signals, and to end a child ends nothing that it has started, such as the server of a `.cmd`.
    const args = ['/pid', String(pid), '/T', '/F'];
    const killer = spawn('taskkill', args, { stdio: 'ignore', detached: true, windowsHide: true });
    killer.once('error', () => undefined).unref();
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended by itself
  }
}
