import process from 'node:process';
import type { Backend, Contestant } from './contestants.js';
import { Client } from './client.js';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../src/doctor/free-port.js';
import { Program, type Memory } from './program.js';
import { SseWire, StdioWire, StreamableHttpWire } from './wires.js';
import { PipeWire } from '../../src/doctor/pipe-wire.js';
import { SseWire as DoctorsSseWire } from '../../src/doctor/sse-wire.js';
import { StreamableHttpWire as DoctorsHttpWire } from '../../src/doctor/streamable-http-wire.js';
import type { Connect } from '../../src/doctor/wire.js';

const FIRST_ANSWER_TIMEOUT_MS = 20_000;
const RETRY_MS = 10;

/** A contestant that is up: one process for all sessions, or over stdio one for each. */
export class Running {
  /** From the start of the process to the answer of the first call of the first session. */
  firstAnswerMs = NaN;
  readonly #programs: Program[] = [];

  private constructor(
    readonly contestant: Contestant,
    private readonly backend: Backend,
    private readonly echo: string,
    /** The only one, or that of the first session. */
    readonly program: Program,
    readonly url: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    this.#programs.push(program);
  }

  /**
   * Starts one, with its first session. Leaves nothing behind when it fails.
   *
   * @param echo the tool of the backend that gives back its text
   */
  static async start(
    contestant: Contestant,
    backend: Backend,
    echo = 'echo',
  ): Promise<{ running: Running; client: Client }> {
    const program = new Program();
    try {
      const port = await freePort();
      const { args, env, path = '/mcp', headers = {} } = contestant.launch({ port, backend, folder: program.folder });
      const speaksOnStdout = contestant.wire === 'stdio';
      program.start(args, { env, speaksOnStdout });
      if (!speaksOnStdout) await program.listening(port);
      const running = new Running(contestant, backend, echo, program, `http://127.0.0.1:${port}${path}`, headers);
      const client = await (speaksOnStdout ? running.#onlyAnswer() : running.#firstAnswer());
      return { running, client };
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  /** A client without a session yet. */
  client(): Client {
    if (this.contestant.wire === 'stdio') return clientOf(this.#another());
    const HttpWire = this.contestant.wire === 'sse' ? SseWire : StreamableHttpWire;
    return new Client((receive) => new HttpWire(this.url, this.headers, receive));
  }

  /** One more session, for the client of the doctor. */
  readonly connect: Connect = (receive) => {
    if (this.contestant.wire === 'stdio') {
      const { pipes } = this.#another();
      return new PipeWire(pipes, receive, () => pipes.stdin.end());
    }
    const HttpWire = this.contestant.wire === 'sse' ? DoctorsSseWire : DoctorsHttpWire;
    return new HttpWire(this.url, this.headers, receive);
  };

  async session(client = this.client()): Promise<Client> {
    try {
      await bounded(FIRST_ANSWER_TIMEOUT_MS, client.initialize(), 'initialize');
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** How to start it for one more client, over stdio. */
  command(): { readonly command: string; readonly args: string[]; readonly env: Record<string, string> } {
    const { args, env = {} } = this.contestant.launch({ port: 0, backend: this.backend, folder: this.program.folder });
    return { command: process.execPath, args: [...args], env: { ...env } };
  }

  /** Of all its processes. */
  get memory(): Memory {
    const memories = this.#programs.map(({ memory }) => memory);
    return {
      rssKiB: total(memories.map(({ rssKiB }) => rssKiB)),
      privateKiB: total(memories.map(({ privateKiB }) => privateKiB)),
    };
  }

  /** What is left on the heaps of all its processes when they have collected garbage. */
  async heapKiB(): Promise<number> {
    return total(await Promise.all(this.#programs.map((program) => program.heapKiB())));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
  }

  tool(name: string): string {
    return this.contestant.toolName(name);
  }

  /** The process of one more session. */
  #another(): Program {
    const program = new Program();
    this.#programs.push(program);
    const { args, env } = this.contestant.launch({ port: 0, backend: this.backend, folder: program.folder });
    program.start(args, { env, speaksOnStdout: true });
    return program;
  }

  /** That of the process that was started: it has one session, and cannot be tried again. */
  async #onlyAnswer(): Promise<Client> {
    const client = await this.session(clientOf(this.program));
    await this.#call(client);
    return client;
  }

  async #call(client: Client): Promise<void> {
    await bounded(FIRST_ANSWER_TIMEOUT_MS, client.tool(this.tool(this.echo), { text: 'first' }), 'the first call');
    this.firstAnswerMs = this.program.ageMs;
  }

  /** It may listen before it can open a session, or knows the tools of its backend. */
  async #firstAnswer(): Promise<Client> {
    for (;;) {
      let client: Client | undefined;
      try {
        client = await this.session();
        await this.#call(client);
        return client;
      } catch (error) {
        client?.close();
        if (this.program.ageMs > FIRST_ANSWER_TIMEOUT_MS) throw error;
        await setTimeout(RETRY_MS);
      }
    }
  }
}

/** It ends with its stdin. */
function clientOf({ pipes }: Program): Client {
  return new Client((receive) => new StdioWire(pipes, receive, () => pipes.stdin.end()));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export async function bounded<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const aborter = new AbortController();
  const late = setTimeout(ms, undefined, { signal: aborter.signal }).then(() => {
    throw new TimeoutError(what, ms);
  });
  // What is in time breaks it off.
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    aborter.abort();
  }
}

export class TimeoutError extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: nothing within ${ms} ms`);
  }
}
