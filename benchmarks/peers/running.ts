import type { Backend, Contestant } from './contestants.js';
import { Client } from './client.js';
import { setTimeout } from 'node:timers/promises';
import { freePort, Program } from './program.js';
import { SseWire, StreamableHttpWire } from './wires.js';

const FIRST_ANSWER_TIMEOUT_MS = 20_000;
const RETRY_MS = 10;

/** A contestant that is up. */
export class Running {
  /** From the start of the process to the answer of the first call of the first session. */
  firstAnswerMs = NaN;

  private constructor(
    readonly contestant: Contestant,
    readonly program: Program,
    readonly url: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** Starts one, with its first session. Leaves nothing behind when it fails. */
  static async start(contestant: Contestant, backend: Backend): Promise<{ running: Running; client: Client }> {
    const program = new Program();
    try {
      const port = await freePort();
      const { args, env, path = '/mcp', headers = {} } = contestant.launch({ port, backend, folder: program.folder });
      program.start(args, env);
      await program.listening(port);
      const running = new Running(contestant, program, `http://127.0.0.1:${port}${path}`, headers);
      const client = await running.#firstAnswer();
      return { running, client };
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  /** A client without a session yet. */
  client(): Client {
    const HttpWire = this.contestant.wire === 'sse' ? SseWire : StreamableHttpWire;
    return new Client((receive) => new HttpWire(this.url, this.headers, receive));
  }

  async session(): Promise<Client> {
    const client = this.client();
    try {
      await bounded(FIRST_ANSWER_TIMEOUT_MS, client.initialize(), 'initialize');
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  tool(name: string): string {
    return this.contestant.toolName(name);
  }

  /** It may listen before it can open a session, or knows the tools of its backend. */
  async #firstAnswer(): Promise<Client> {
    for (;;) {
      let client: Client | undefined;
      try {
        client = await this.session();
        await bounded(FIRST_ANSWER_TIMEOUT_MS, client.tool(this.tool('echo'), { text: 'first' }), 'the first call');
        this.firstAnswerMs = this.program.ageMs;
        return client;
      } catch (error) {
        client?.close();
        if (this.program.ageMs > FIRST_ANSWER_TIMEOUT_MS) throw error;
        await setTimeout(RETRY_MS);
      }
    }
  }
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
