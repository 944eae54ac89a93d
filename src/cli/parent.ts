import { readFileSync } from 'node:fs';
import process from 'node:process';

/** How often we look. */
const INTERVAL_MS = 1_000;

/**
 * Calls `onGone` when the program that has started us is gone, if that is one of those that run commands for others: npx
 * and npm set these variables, and so do pnpm and yarn. When they are ended they often end only a shell in between, and
 * nobody tells us. Whoever starts us otherwise may leave us running.
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

/** Our parent, and its parent, where that is npm and the parent its shell. */
function chain(): readonly number[] {
  const parent = process.ppid;
  const shell = statusOf(parent);
  if (shell === undefined || !/^(?:ba|da|a|z|k)?sh$/.test(shell.name)) return [parent];
  const npm = statusOf(shell.ppid);
  return npm !== undefined && /^(?:npm|npx|pnpm|yarn|node|MainThread)\b/.test(npm.name)
    ? [parent, shell.ppid]
    : [parent];
}

/** On Linux. */
function statusOf(pid: number): { readonly name: string; readonly ppid: number } | undefined {
  try {
    const [, name = '', ppid] = /\((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { name, ppid: Number(ppid) };
  } catch {
    return undefined;
  }
}

/** On Windows, a process keeps the number of a parent that is gone. */
function isAlive(pid: number | undefined): boolean {
  if (process.platform !== 'win32' || pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
