import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import process from 'node:process';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import spawn from 'cross-spawn';
import { asError } from '../errors.js';
import { within } from '../proxy/within.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { MessageHandler, TransportLike } from '../transport-like.js';
import { LEADS_GROUP, signalGroup, type Children } from './children.js';
import { forEachLine, Lines } from './lines.js';
import type { Logs } from './logs.js';
import { listenerOf, MAX_MESSAGE, tellMessages } from './messages.js';
import type { UpstreamSpec } from './options.js';

export type CommandSpec = Extract<UpstreamSpec, { readonly kind: 'command' }>;

/** Our own settings, the token among them, are not for the command we run. Windows asks for names in any case. */
const OWN_VARIABLES = /^MCP_BACKCHANNEL_/i;

/** How long a process may take to end, once when its stdin is closed and once more when it is asked to. */
const END_TIMEOUT_MS = 2_000;

/** So many bytes may wait for a process to read them. Its client has been told that they are taken. */
const MAX_UNREAD = 16 * 1_048_576;

/**
 * A process of its own for one session, spoken to over its stdin and stdout. What it writes to stderr is told
 * with its name and process id.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class ChildTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #lines = new Lines(MAX_MESSAGE);
  readonly #listener = listenerOf(this);
  #child: ChildProcess | undefined;
  #ended: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly spec: CommandSpec,
    private readonly logs: Logs,
    private readonly children: Children,
  ) {}

  /** Rejects when there is no such command. */
  start(): Promise<void> {
    const { command, args, env, cwd } = this.spec;
    const child = spawn(command, [...args], {
      env: { ...inherited(), ...env },
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: LEADS_GROUP,
      windowsHide: true,
    });
    this.#child = child;
    const started = new Promise<void>((resolve, reject) => {
      child.on('error', (error) => {
        // Why it did not start is told to whoever starts it, and to nobody else.
        if (child.pid === undefined) reject(error);
        else this.onerror?.(error);
      });
      child.once('spawn', resolve);
    });
    this.#listenTo(child);
    return started;
  }

  /** Rejects when the process is over, or does not read: to wait for it would keep as much, elsewhere. */
  send(message: JsonRpcMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin?.writable !== true) return Promise.reject(new Error('the process takes no more messages'));
    if (stdin.writableLength > MAX_UNREAD)
      return Promise.reject(new Error('the process does not read what it was sent before'));
    // What is sent in one go is written in one go.
    if (stdin.writableCorked === 0) {
      stdin.cork();
      process.nextTick(() => {
        stdin.uncork();
      });
    }
    return new Promise((resolve, reject) => {
      stdin.write(serializeMessage(message as never), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  #listenTo(child: ChildProcess): void {
    const { pid, stdin, stdout, stderr } = child;
    // Where there are no file descriptors left, there are no pipes either.
    if (!stdin || !stdout || !stderr) return;
    for (const pipe of [stdin, stdout, stderr]) pipe.on('error', (error) => this.onerror?.(error));
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#read(text);
    });
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        if (pid !== undefined) this.children.delete(pid);
        resolve();
        this.onclose?.();
      });
    });
    if (pid === undefined) return;
    this.children.add(pid);
    const name = basename(this.spec.command);
    forEachLine(stderr, (line) => {
      this.logs.ofUpstream(name, pid, line);
    });
  }

  #read(text: string): void {
    try {
      this.#lines.feed(text, (line) => {
        tellMessages(line, this.#listener);
      });
    } catch (error) {
      this.onerror?.(asError(error));
      void this.close();
    }
  }

  /** It ends by itself when its stdin is closed, or is asked to, or is made to. */
  async #end(): Promise<void> {
    const { pid, stdin } = this.#child ?? {};
    const ended = this.#ended;
    if (pid === undefined || !stdin || ended === undefined) return;
    stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await within(END_TIMEOUT_MS, ended)) return;
      signalGroup(pid, signal);
    }
    await within(END_TIMEOUT_MS, ended);
  }
}

function inherited(): Record<string, string> {
  const variables = Object.entries(process.env).filter(
    (variable): variable is [string, string] => variable[1] !== undefined && !OWN_VARIABLES.test(variable[0]),
  );
  return Object.fromEntries(variables);
}
