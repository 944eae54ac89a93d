/** Starts programs, knows what they take, and leaves none behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Pipes } from '../../src/doctor/pipe-wire.js';
import { accepts } from '../../src/doctor/ports.js';

const PRELOAD = fileURLToPath(new URL('loopback.cjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const POLL_MS = 5;
const START_TIMEOUT_MS = 20_000;
const NOTE_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 6_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) killGroup(child);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface Memory {
  readonly rssKiB: number;
  /** What no other process shares. */
  readonly privateKiB: number;
}

/** How one is started. */
interface StartOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What it writes to stdout is for the client. Otherwise it goes nowhere. */
  readonly speaksOnStdout?: boolean;
}

/** A program in a process group of its own. */
export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-peers-'));
  #child: ChildProcess | undefined;
  #startedAt = NaN;

  start(args: readonly string[], { env = {}, speaksOnStdout = false }: StartOptions = {}): void {
    const log = openSync(this.#log, 'w');
    this.#startedAt = performance.now();
    const child = spawn(process.execPath, ['--expose-gc', '--require', PRELOAD, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, BENCH_NOTES: this.#notes },
      // What it says on stdout, of each message perhaps, should cost as little as it can.
      stdio: ['pipe', speaksOnStdout ? 'pipe' : 'ignore', log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  /** To speak with it over stdio. */
  get pipes(): Pipes {
    const { stdin, stdout } = this.#child ?? {};
    if (stdin == null || stdout == null) throw new Error('it was not started to be spoken with');
    return { stdin, stdout };
  }

  /** Since it was started. */
  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Resolves when it accepts connections. */
  async listening(port: number): Promise<void> {
    const url = new URL(`http://127.0.0.1:${port}`);
    while (this.ageMs < START_TIMEOUT_MS) {
      if (await accepts(url)) return;
      if (this.#child?.exitCode !== null) throw new Error(`it ended: ${this.lastWords}`);
      await setTimeout(POLL_MS);
    }
    throw new Error(`it does not listen: ${this.lastWords}`);
  }

  /** Of the process alone, without those that it has started. */
  get memory(): Memory {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    const smaps = readFileSync(`/proc/${this.#pid}/smaps_rollup`, 'utf8');
    return { rssKiB: sum(status, /^VmRSS:\s+(\d+) kB/gm), privateKiB: sum(smaps, /^Private_\w+:\s+(\d+) kB/gm) };
  }

  /** Processor time that the process has taken, in all of its threads. */
  get cpuUs(): number {
    const threads = readdirSync(`/proc/${this.#pid}/task`);
    const ns = threads.map((thread) => {
      // A thread may end meanwhile.
      try {
        return Number(readFileSync(`/proc/${this.#pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      } catch {
        return 0;
      }
    });
    return ns.reduce((sum, value) => sum + value, 0) / 1000;
  }

  /** What is left on its heap when it has collected garbage. */
  async heapKiB(): Promise<number> {
    return (await this.#state()).heapUsed / 1024;
  }

  /** URLs of all that it has loaded. */
  async scripts(): Promise<readonly string[]> {
    return (await this.#state()).scripts;
  }

  /** What the preload has noted. */
  get notes(): readonly Note[] {
    try {
      const lines = readFileSync(this.#notes, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Note);
    } catch {
      return [];
    }
  }

  get lastWords(): string {
    return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-5).join(' | ').slice(0, 500);
  }

  /** Asks it to end, so that it can end those that it has started, and ends it if it does not. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([exited, setTimeout(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      killGroup(child);
      await exited;
    }
    if (child !== undefined) killGroup(child);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #state(): Promise<State> {
    const states = (): State[] => this.notes.filter((note) => 'heapUsed' in note);
    const before = states().length;
    process.kill(this.#pid, 'SIGUSR2');
    const asked = performance.now();
    while (performance.now() - asked < NOTE_TIMEOUT_MS) {
      const state = states()[before];
      if (state !== undefined) return state;
      await setTimeout(POLL_MS);
    }
    throw new Error('it does not answer');
  }

  get #pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('it was not started');
    return pid;
  }

  get #log(): string {
    return join(this.folder, 'stderr.log');
  }

  get #notes(): string {
    return join(this.folder, 'notes.ndjson');
  }
}

/** Of the preload. */
type Note = Listening | State;

interface Listening {
  /** The address that it asked to listen on. `null`: none, which is every address. */
  readonly listen: string | null;
}

interface State {
  readonly heapUsed: number;
  readonly scripts: readonly string[];
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, [, kiB]) => total + Number(kiB), 0);
}
