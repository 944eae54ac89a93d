/** Programs of others, run as they are, with or without the preload. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PRELOAD = new URL('../../dist/register.js', import.meta.url).href;

/** The backend that programs are told to run. */
export const BACKEND: string = fileURLToPath(new URL('../../examples/lib/backend-stdio.ts', import.meta.url));

export interface ProgramOptions {
  readonly preload: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Program {
  stderr = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;

  constructor(file: string, { preload, args = [], env = {} }: ProgramOptions) {
    const flags = preload ? ['--import', PRELOAD] : [];
    this.#child = spawn(process.execPath, [...flags, file, ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that it goes with all it has started.
      detached: true,
    });
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** The next line of its stdout that fits. */
  async line(fits = /./): Promise<string> {
    for (;;) {
      const next = await this.#lines.next();
      if (next.done === true) throw new Error(`it ended before it said ${String(fits)}: ${this.stderr}`);
      if (fits.test(next.value)) return next.value;
    }
  }

  /** Ends it, with all it has started. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    this.#child.stdin.destroy();
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
    // Nobody reads on: what is left in the pipes must not keep it from closing.
    this.#child.stdout.resume();
    await this.exited;
  }
}
