import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ChildGroup } from '../../lib/child-group.js';

export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));

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
  readonly #group: ChildGroup;

  private constructor(args: readonly string[]) {
    const probed = ['--expose-gc', '--import', PROBE, ...args];
    const stdio = ['pipe', 'pipe', 'pipe', 'ipc'] as const;
    this.#child = spawn(process.execPath, probed, { cwd: ROOT, stdio: [...stdio], detached: true });
    this.#group = new ChildGroup(this.#child, { graceMs: GRACE_MS });
    this.#group.exited.then(
      (how) => (this.exitCode = how),
      () => undefined,
    );
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

  async stop(): Promise<void> {
    await this.#group.stop();
  }

  async #gone(): Promise<never> {
    const how = await this.#group.exited;
    throw new Error(`it ended with ${String(how)}:\n${this.lines.slice(-20).join('\n')}`);
  }

  #note(line: string): void {
    this.said++;
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.shift();
  }
}
