import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ChildGroup } from '../../lib/child-group.js';
import { ROOT } from './paths.js';

/** How long a program may take to end by itself once it is asked to. */
const GRACE_MS = 5_000;

export interface ProgramOptions {
  /** False keeps it in the group of this process, which is ended as a whole by whoever started it. */
  readonly hasOwnGroup?: boolean;
}

/** A child process, with all that it starts. */
export class Program {
  readonly exited: Promise<number | string>;
  /** All it has said, on stdout and on stderr. */
  output = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #group: ChildGroup;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(file: string, args: readonly string[], { hasOwnGroup = true }: ProgramOptions = {}) {
    this.#child = spawn(file, [...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], detached: hasOwnGroup });
    this.#group = new ChildGroup(this.#child, { graceMs: GRACE_MS, hasOwnGroup });
    this.exited = this.#group.exited;
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface(stream).on('line', (line) => {
        this.output += `${line}\n`;
        for (const listener of [...this.#listeners]) listener(line);
      });
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

  async stop(): Promise<void> {
    await this.#group.stop();
  }

  kill(): void {
    this.#group.kill();
  }
}
