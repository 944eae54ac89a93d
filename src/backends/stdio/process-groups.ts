import { spawn } from 'node:child_process';
import { win32 } from 'node:path';
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

/** By its whole path: a name alone is looked for in the current directory first, which may be anybody's. */
const TASKKILL = win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'taskkill.exe');

/** Signals a child, and what it has started. @returns whether any of them may be there */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (!LEADS_GROUP) {
    // There are no signals, and to end a child ends nothing that it has started, such as the server of a `.cmd`.
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

/** How often we look whether a group has ended. */
const LOOK_MS = 50;

/** Ends what a child that is gone has left in its group: it is asked to, and then made to. */
export async function endGroup(pid: number, timeoutMs: number): Promise<void> {
  // On Windows, nothing leads from a process that is gone to what it has started.
  if (!LEADS_GROUP) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (let waited = 0; waited < timeoutMs; waited += LOOK_MS) {
      if (!signalGroup(pid, waited === 0 ? signal : 0)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
