import { readFileSync } from 'node:fs';
import process from 'node:process';

/** How often to check. */
const INTERVAL_MS = 1_000;

/**
 * Calls `onGone` when the program that started us has ended, if it was npx, npm, pnpm or yarn. These set the variables
 * that are checked here. When one of them is ended, it often ends only the shell between it and us, and nobody tells
 * us. Any other program may end and leave us running.
 */
export function watchParent(onGone: () => void, environment: NodeJS.ProcessEnv = process.env): void {
  if (environment['npm_lifecycle_event'] === undefined && environment['npm_command'] === undefined) return;
  const parents = chain();
  const timer = setInterval(() => {
    if (chain().join() === parents.join() && isAlive(parents[0])) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
}

/** Our parent, and also its parent if our parent is a shell that npm started. */
function chain(): readonly number[] {
  const parent = process.ppid;
  const shell = statusOf(parent);
  if (shell === undefined || !/^(?:ba|da|a|z|k)?sh$/.test(shell.name)) return [parent];
  const npm = statusOf(shell.ppid);
  return npm !== undefined && /^(?:npm|npx|pnpm|yarn|node|MainThread)\b/.test(npm.name)
    ? [parent, shell.ppid]
    : [parent];
}

/** Reads the name and the parent of a process. This works only on Linux. */
function statusOf(pid: number): { readonly name: string; readonly ppid: number } | undefined {
  try {
    const [, name = '', ppid] = /\((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, ppid: Number(ppid) };
  } catch {
    return undefined;
  }
}

/** Needed on Windows, where `ppid` does not change when the parent ends. Elsewhere this is always true. */
function isAlive(pid: number | undefined): boolean {
  if (process.platform !== 'win32' || pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
