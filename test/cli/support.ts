/** The command as people run it: the built program, in a process of its own. */
import { join } from 'node:path';
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { StrictClient, type StrictClientOptions } from '../../examples/lib/strict-client.js';
import { programArgs } from '../support/built-programs.js';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** The reference server from npm, as it is installed. */
export const EVERYTHING: string = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
export const CLI: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** `examples/lib/backend-stdio.ts`, as what follows the options. */
export const BACKEND: readonly string[] = [
  '--',
  process.execPath,
  ...programArgs(new URL('../../examples/lib/backend-stdio.ts', import.meta.url)),
];

/**
 * A stdio server that starts at once. Any call answers with its directory, its environment and its
 * process id; the tool `ask` asks the user first, `hang` never answers, and `die` ends it. With `STUBBORN` in its environment it does
 * not end by itself when its stdin does; with `SILENT`, it closes its stderr.
 */
export const MIRROR: readonly string[] = [
  '--',
  process.execPath,
  '-e',
  `
  if (process.env.STUBBORN) setInterval(() => {}, 60_000);
  console.error('mirror, mirror\\non the wall');
  if (process.env.SILENT) require('node:fs').closeSync(2);
  const asking = new Map();
  const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const result = (id, result) => send({ id, result });
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params, result: answer } = JSON.parse(line);
    if (answer !== undefined) return result(asking.get(id), { content: [{ type: 'text', text: answer.action }] });
    if (params?.name === 'ask') {
      asking.set('q' + id, id);
      return send({ id: 'q' + id, method: 'elicitation/create', params: { message: 'ask' } });
    }
    if (params?.name === 'die') process.kill(process.pid, 'SIGKILL');
    if (id === undefined || params?.name === 'hang') return;
    if (method === 'initialize') {
      const { protocolVersion } = params;
      result(id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mirror', version: '1' } });
    } else {
      const text = JSON.stringify({ cwd: process.cwd(), env: process.env, pid: process.pid });
      result(id, { content: [{ type: 'text', text }] });
    }
  });
  `,
];

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export class Command {
  readonly stderr: string[] = [];
  stdout = '';
  readonly exit: Promise<Exit>;
  readonly #waiting = new Set<() => void>();

  constructor(readonly process: ChildProcessWithoutNullStreams) {
    process.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    createInterface({ input: process.stderr }).on('line', (line) => {
      this.stderr.push(line);
      for (const look of [...this.#waiting]) look();
    });
    this.exit = new Promise((resolve) => {
      process.once('close', (code, signal) => {
        resolve({ code, signal });
      });
    });
  }

  /** The first line on stderr that fits. Rejects when the command ends without one. */
  async line(fits: RegExp): Promise<RegExpExecArray> {
    const found = (): RegExpExecArray | undefined =>
      this.stderr.map((line) => fits.exec(line)).find((match) => match !== null);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = found();
        if (match === undefined) return;
        this.#waiting.delete(look);
        resolve(match);
      };
      this.#waiting.add(look);
      look();
      void this.exit.then(() => {
        look();
        reject(new Error(`no ${String(fits)} in ${this.stderr.join('\n')}`));
      });
    });
  }

  /** The URL of the endpoint, once it serves. */
  async url(): Promise<string> {
    return (await this.line(/http:\/\/[^\s"]+$|http:\/\/[^\s"]+(?=")/))[0];
  }
}

/** What a test has started: ended again, and waited for. */
export class Started {
  readonly #commands: Command[] = [];
  readonly #clients: StrictClient[] = [];
  readonly #closers: (() => unknown)[] = [];

  command(args: readonly string[], env: NodeJS.ProcessEnv = {}, stdin: Socket | 'pipe' = 'pipe'): Command {
    const environment = { ...process.env, ...env };
    const stdio: StdioOptions = [stdin, 'pipe', 'pipe'];
    const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, env: environment, stdio });
    // Only a stdin that was given is not there.
    const command = new Command(child as ChildProcessWithoutNullStreams);
    this.#commands.push(command);
    return command;
  }

  /** Over HTTP, on a free port. */
  async endpoint(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ command: Command; url: string }> {
    const command = this.command(['--port', '0', ...args], env);
    return { command, url: await command.url() };
  }

  /** A client that answers each elicitation, and never opens GET by itself. */
  async client(url: string, options: StrictClientOptions = {}): Promise<StrictClient> {
    const answers = {
      'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada', answer: 'Ada' } }),
    };
    const client = new StrictClient(url, { answers, capabilities: { elicitation: {} }, ...options });
    this.#clients.push(client);
    await client.initialize();
    return client;
  }

  /** `examples/lib/backend-http.ts`, as a process. */
  async backendOverHttp(): Promise<{ readonly url: string; readonly process: ChildProcess }> {
    const program = new URL('../../examples/lib/backend-http.ts', import.meta.url);
    const backend = spawn(process.execPath, programArgs(program), {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = once(backend, 'close');
    this.add({
      async close() {
        backend.kill('SIGKILL');
        await closed;
      },
    });
    const [url] = (await once(createInterface({ input: backend.stdout }), 'line')) as [string];
    return { url, process: backend };
  }

  add<T extends { close(): Promise<unknown> }>(opened: T): T {
    this.#closers.push(async () => opened.close());
    return opened;
  }

  async end(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.vanish();
    const commands = this.#commands.splice(0);
    for (const { process } of commands) process.kill('SIGKILL');
    await Promise.all(commands.map(async ({ exit }) => exit));
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** For a test that runs while others do: what it has started is ended with it. */
export function startedIn({ onTestFinished }: TestContext): Started {
  const started = new Started();
  onTestFinished(async () => started.end());
  return started;
}

export interface Mirrored {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

export async function mirrored(client: StrictClient): Promise<Mirrored> {
  return JSON.parse(await client.callTool('look')) as Mirrored;
}

/** What the command says of itself. */
export async function healthOf(url: string): Promise<unknown> {
  return (await fetch(new URL('/healthz', url))).json();
}

/** `[stream, method]` of the elicitations that have come. */
export function elicitations({ arrivals }: StrictClient): string[] {
  return arrivals.filter(({ message }) => message.method === 'elicitation/create').map(({ stream }) => stream);
}
