import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** What comes before it on the command line of Node. */
export const TSX: readonly string[] = ['--import', 'tsx'];

export const program = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Collects garbage when it is asked, and tells what is left. */
const PROBE = `data:text/javascript,${encodeURIComponent(
  'process.on("message",()=>{gc();process.send(process.memoryUsage())});process.channel.unref();',
)}`;

/** The last lines that a process has said: evidence, when something is wrong. */
const MAX_LINES = 200;

const GRACE_MS = 15_000;

const running = new Set<Process>();

// However this process ends, what it has started ends with it.
process.once('exit', () => {
  for (const one of running) one.kill();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

export interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
}

/** A process of Node whose memory can be asked for, and all that it starts. */
export class Process {
  readonly lines: string[] = [];
  /** How many lines it said that it was not asked to forget. */
  said = 0;
  exitCode: number | string | undefined;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(args: readonly string[]) {
    const probed = ['--expose-gc', '--import', PROBE, ...args];
    const stdio = ['pipe', 'pipe', 'pipe', 'ipc'] as const;
    this.#child = spawn(process.execPath, probed, { cwd: ROOT, stdio: [...stdio], detached: true });
    this.#exited = once(this.#child, 'close').then(
      ([code, signal]) => (this.exitCode = (code ?? signal) as number | string),
    );
    running.add(this);
  }

  /** @returns the process, and the URL by which its first line that holds one ends */
  static async start(args: readonly string[]): Promise<{ readonly process: Process; readonly url: string }> {
    const started = new Process(args);
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [started.#child.stdout, started.#child.stderr]) {
        if (stream === null) continue;
        createInterface(stream).on('line', (line) => {
          started.#note(line);
          const [found] = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(line) ?? [];
          if (found !== undefined) resolve(found);
        });
      }
      started.#gone().catch(reject);
    });
    return { process: started, url };
  }

  /** What it holds when all garbage is collected. */
  async memory(): Promise<Memory> {
    const told = new Promise<Memory>((resolve) => this.#child.once('message', resolve as (memory: unknown) => void));
    if (this.#child.connected) this.#child.send('memory');
    return Promise.race([told, this.#gone()]);
  }

  /** Asks it to end, and after a while does not ask. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => {
      this.kill();
    }, GRACE_MS);
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
    // What it has started may have outlived it.
    this.kill();
    running.delete(this);
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // all of it has ended by itself
    }
  }

  async #gone(): Promise<never> {
    await this.#exited;
    throw new Error(`it ended with ${String(this.exitCode)}:\n${this.lines.slice(-20).join('\n')}`);
  }

  #note(line: string): void {
    this.said++;
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.shift();
  }
}
