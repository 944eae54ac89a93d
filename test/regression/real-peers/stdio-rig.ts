/** A stdio server that says what it is told to, and clients that speak to it directly, or by way of the command. */
import { spawn } from 'node:child_process';
import type { Message } from '../../../examples/lib/strict-client.js';
import { INITIALIZE_MESSAGE } from '../../support/raw-http.js';
import { CLI, Command, ROOT, type Started } from '../../cli/support.js';

/**
 * The tool `say` writes `text` as it is, with `$id` for the id of the call, and answers nothing else; `echo` answers with
 * `text`; `hold` answers when `release` is called. Notifications, and answers of the client, are repeated on stderr.
 */
const PARROT = `
  const out = (text) => process.stdout.write(text);
  const answer = (id, text) =>
    out(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }) + '\\n');
  let held = [];
  out(process.env.FIRST ?? '');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined || method === undefined) return console.error('heard ' + line);
    if (method === 'initialize') {
      const serverInfo = { name: 'parrot', version: '1' };
      const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo };
      return out(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    }
    const { text = '' } = params?.arguments ?? {};
    if (params?.name === 'say') return out(text.replaceAll('$id', JSON.stringify(id)));
    if (params?.name === 'hold') return held.push(id);
    if (params?.name === 'release') for (const one of held.splice(0)) answer(one, 'held');
    answer(id, text);
  });
`;

/** As what follows the options of the command. */
export const SERVER: readonly string[] = ['--', process.execPath, '-e', PARROT];

/** A client of a process over its stdin and stdout, line by line. */
export class LineClient extends Command {
  #next = 1;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env } }));
    // What it does not read any more is lost.
    this.process.stdin.on('error', () => undefined);
  }

  /** What it has said so far, of what is a message at all. */
  get messages(): Message[] {
    return this.stdout.split('\n').slice(0, -1).flatMap(messageIn);
  }

  send(message: object | string): void {
    this.process.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  }

  async initialize(): Promise<void> {
    this.send({ ...INITIALIZE_MESSAGE, id: 'init' });
    await this.answerTo('init');
    this.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** @returns the id of the call */
  call(name: string, args: object = {}, id: string | number = this.#next++): string | number {
    this.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
    return id;
  }

  /** The first message that fits, or `undefined` if none comes in time. */
  async got(fits: (message: Message) => boolean, ms = 15_000): Promise<Message | undefined> {
    const giveUp = AbortSignal.timeout(ms);
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined || giveUp.aborted) return found;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.process.stdout.off('data', done);
          giveUp.removeEventListener('abort', done);
          resolve();
        };
        this.process.stdout.once('data', done);
        giveUp.addEventListener('abort', done);
      });
    }
  }

  async answerTo(id: string | number, ms?: number): Promise<Message | undefined> {
    return this.got(({ id: one, result, error }) => one === id && (result ?? error) !== undefined, ms);
  }

  async close(): Promise<unknown> {
    this.process.kill('SIGKILL');
    return this.exit;
  }
}

function messageIn(line: string): Message[] {
  try {
    const value = JSON.parse(line) as Message | undefined;
    return value?.jsonrpc === '2.0' ? [value] : [];
  } catch {
    return [];
  }
}

/** A client of a server, with nothing between the two. */
export async function direct(
  started: Started,
  [, command = '', ...args]: readonly string[] = SERVER,
): Promise<LineClient> {
  const client = started.add(new LineClient(command, args));
  await client.initialize();
  return client;
}

/** A client of the command. */
export async function overStdio(
  started: Started,
  server: readonly string[] = SERVER,
  options: readonly string[] = [],
): Promise<LineClient> {
  const client = started.add(new LineClient(process.execPath, [CLI, '--stdio', ...options, ...server]));
  await client.initialize();
  return client;
}
