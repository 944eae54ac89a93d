import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ROOT } from './paths.js';

/** How long a program may take to end by itself once it is asked to. */
const GRACE_MS = 5_000;

const running = new Set<Program>();

// However this process ends, what it has started ends with it.
process.once('exit', () => {
  for (const program of running) program.kill();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface ProgramOptions {
  /** False keeps it in the group of this process, which is ended as a whole by whoever started it. */
  readonly hasOwnGroup?: boolean;
}

/** A child process, with all that it starts. */
export class Program {
  readonly exited: Promise<number | null>;
  /** All it has said, on stdout and on stderr. */
  output = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(
    file: string,
    args: readonly string[],
    private readonly options: ProgramOptions = {},
  ) {
    const { hasOwnGroup = true } = options;
    this.#child = spawn(file, [...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], detached: hasOwnGroup });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface(stream).on('line', (line) => {
        this.output += `${line}\n`;
        for (const listener of [...this.#listeners]) listener(line);
      });
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
    this.exited.catch(() => undefined);
  }

  /** What fits first in a line that it says from now on. */
  async says(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const listener = (line: string): void => {
        const [said] = pattern.exec(line) ?? [];
        if (said === undefined) return;
        this.#listeners.delete(listener);
        resolve(said);
      };
      this.#listeners.add(listener);
    });
    const never = this.exited.then((code) => {
      throw new Error(`it has ended with ${String(code)} before it said ${String(pattern)}:\n${this.output}`);
    });
    return Promise.race([found, never]);
  }

  /** Asks it to end, and after a while does not ask. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => {
      this.kill();
    }, GRACE_MS);
    this.#child.stdin.destroy();
    this.#child.kill('SIGTERM');
    await this.exited.catch(() => undefined);
    clearTimeout(timer);
    // What it has started may have outlived it.
    this.kill();
    running.delete(this);
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(this.options.hasOwnGroup === false ? pid : -pid, 'SIGKILL');
    } catch {
      // all of it has ended by itself
    }
  }
}
