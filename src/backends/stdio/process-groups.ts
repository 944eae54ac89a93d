import { spawn } from 'node:child_process';
import { win32 } from 'node:path';
import process from 'node:process';

/** The running processes, so that all can be killed at once when there is no time to ask them to end. */
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
 * Where the system has process groups, each child leads its own group. On Ctrl-C, a terminal signals our whole group,
 * which would end a server during calls that we let finish. A group of its own also lets us end the processes that the
 * child has started: `npx`, for example, starts another process.
 */
export const LEADS_GROUP: boolean = process.platform !== 'win32';

/** The full path, because Windows looks for a bare name in the current directory first, and anybody may own that. */
const TASKKILL = win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'taskkill.exe');

/** Signals a child and the processes that it has started. @returns whether any of them may still run */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (!LEADS_GROUP) {
    // Windows has no signals. Ending a child would leave the processes that it started, such as the server of a `.cmd`.
    const args = ['/pid', String(pid), '/T', '/F'];
    const killer = spawn(TASKKILL, args, { stdio: 'ignore', detached: true, windowsHide: true });
    killer.once('error', () => undefined).unref();
    return true;
  }
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** How often we check whether a group has ended. */
const LOOK_MS = 50;

/** Ends the processes that an ended child has left in its group, with `SIGTERM` and then `SIGKILL`. */
export async function endGroup(pid: number, timeoutMs: number): Promise<void> {
  // On Windows, the processes that an ended process has started cannot be found.
  if (!LEADS_GROUP) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let waited = 0; waited < timeoutMs; waited += LOOK_MS) {
      if (!signalGroup(pid, waited === 0 ? signal : 0)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
