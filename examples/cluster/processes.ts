/** The processes of the demo. None outlives it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['-v']).error === undefined;
}

export interface Running {
  readonly process: ChildProcess;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** The first line that fits. Rejects if it ends without one, with all that it said. */
  line(fits: RegExp): Promise<RegExpExecArray>;
}

/** Runs a program, and reads what it says on stdout and stderr. Its stdin ends with this process. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...env } });
  running.add(child);
  const said: string[] = [];
  const looking = new Set<() => void>();
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output }).on('line', (line) => {
      said.push(line);
      for (const look of [...looking]) look();
    });
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  ended.catch(() => undefined);
  return {
    process: child,
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = said.map((line) => fits.exec(line)).find((one) => one !== null);
          if (!match) return;
          looking.delete(look);
          resolve(match);
        };
        looking.add(look);
        look();
        const fail = (why: unknown): void => {
          reject(new Error(`${program} has ended (${String(why)}): ${said.join('\n')}`));
        };
        ended.then(fail, fail);
      }),
  };
}

/** Ends all, and waits until they have ended. */
export async function endAll(): Promise<void> {
  const all = [...running];
  for (const child of all) child.kill('SIGKILL');
  await Promise.all(all.map(async (child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
}
