import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Profiler } from 'node:inspector';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

/** A process that can be looked into while it runs. The program knows nothing of it. */
export class Inspected {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** What it has said on stderr, and who waits for a line of it. */
  readonly #lines: string[] = [];
  #onLine: (() => void) | undefined;
  #socket: WebSocket | undefined;
  #nextId = 1;

  constructor(program: URL, args: readonly string[]) {
    this.#child = fork(fileURLToPath(program), args, {
      // What is built needs nothing that we are run with.
      execArgv: [...(program.pathname.endsWith('.ts') ? process.execArgv : []), '--inspect=127.0.0.1:0'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (this.#child.stderr === null) throw new Error('it has no stderr');
    const wake = (): void => this.#onLine?.();
    createInterface(this.#child.stderr).on('line', (line) => {
      this.#lines.push(line);
      wake();
    });
    this.#child.once('exit', wake);
  }

  /** The first group of what it has said, or says yet. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      for (const line of this.#lines) {
        const found = pattern.exec(line)?.[1];
        if (found !== undefined) return found;
      }
      if (this.#hasEnded) throw this.#ended();
      await new Promise<void>((resolve) => (this.#onLine = resolve));
    }
  }

  /** What it tells its parent first. */
  async message<R>(): Promise<R> {
    const message = once(this.#child, 'message') as Promise<[R]>;
    const ended = once(this.#child, 'exit').then((): never => {
      throw this.#ended();
    });
    return (await Promise.race([message, ended]))[0];
  }

  async attach(): Promise<void> {
    const socket = new WebSocket(await this.said(/listening on (ws:\S+)/), { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    socket.on('close', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: this.#ended() });
    });
    await once(socket, 'open');
    await this.#ask('Profiler.enable');
  }

  async startSampling(intervalUs: number): Promise<void> {
    await this.#ask('Profiler.setSamplingInterval', { interval: intervalUs });
    await this.#ask('Profiler.start');
  }

  async stopSampling(): Promise<Profiler.Profile> {
    const { profile } = (await this.#ask('Profiler.stop')) as Profiler.StopReturnType;
    return profile;
  }

  /** Processor time that it has taken, in all of its threads. */
  async cpuUs(): Promise<number> {
    const expression = '(({ user, system }) => user + system)(process.cpuUsage())';
    const { result } = (await this.#ask('Runtime.evaluate', { expression })) as { result: { value: number } };
    return result.value;
  }

  /** Asks it to end, so that it can end what it has started. */
  async stop(): Promise<void> {
    this.#socket?.terminate();
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #ended(): Error {
    return new Error(`it ended: ${this.#lines.slice(-5).join(' | ')}`);
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket?.send(JSON.stringify({ id, method, params }));
    });
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
