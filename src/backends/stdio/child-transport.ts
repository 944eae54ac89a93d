import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import spawn from 'cross-spawn';
import { BackendEnded } from '../../backend-ended.js';
import { endsWithin } from '../../ends-within.js';
import { lineOf } from '../../json-messages.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import type { MessageHandler, TransportLike } from '../../transport-like.js';
import { visible } from '../../visible.js';
import { endOf, howItEnded, readable } from './child-errors.js';
import { endGroup, LEADS_GROUP, signalGroup, type Children } from './process-groups.js';
import { environment } from './child-environment.js';
import { forEachLine, type Cut } from '../lines.js';
import { isTooLong, listenerOf, tellValue, type MessageListener } from '../messages.js';
import { MessageReader } from './message-reader.js';
import { QuotedMessages } from './quoted-messages.js';

/** A process to run. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that override those of our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

export interface ChildTransportOptions extends ChildCommand {
  /** The name of the server in errors. @default the file name of the command */
  readonly name?: string;
  /** Holds the process id while the process runs. */
  readonly children: Children;
  /** Called with each line that the process writes to stderr. */
  readonly onStderr?: (line: string, pid: number) => void;
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
  /** How much of a long line on stderr may be passed on before the rest has come. @default all */
  readonly cutStderr?: Cut;
  /** Hides secrets in a text that may have been cut off. */
  readonly redactCut?: (text: string) => string;
  /** Whether errors quote the beginning of a line on stdout that is not a message. @default false */
  readonly quotesStdout?: boolean;
}

/** How long a process may take to end after its stdin is closed, and again after each signal. */
const END_TIMEOUT_MS = 2_000;

/** How long we wait for the last output of a process that has ended or closed its stdout. */
const LAST_WORDS_MS = 500;

/** How many characters errors quote: of the last line on stderr, and of a line that is not a message. */
const MAX_WORDS = 500;
const MAX_QUOTE = 80;

/** How many bytes may wait for the process to read them. The client was already told that they were accepted. */
const MAX_UNREAD = 16 * 1_048_576;

/**
 * Runs a process for one session, and exchanges messages with it over stdin and stdout.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class ChildTransport implements TransportLike {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  readonly #reader: MessageReader;
  readonly #quoted: QuotedMessages;
  /** Why nothing more can be written. */
  #broken: Error | undefined;
  #child: ChildProcess | undefined;
  #ended: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isOver = false;
  /** The last line on stderr that is not blank. */
  #lastWords = '';

  constructor(private readonly options: ChildTransportOptions) {
    const listener: MessageListener = {
      ...listenerOf(this, options.maxMessage),
      message: (message) => {
        this.#quoted.passed(message);
        this.onmessage?.(message);
      },
    };
    this.#quoted = new QuotedMessages((message) => {
      tellValue(message, listener);
    });
    this.#reader = new MessageReader({
      ...listener,
      quoted: (message) => {
        this.#quoted.hold(message);
      },
      noMessage: (text) => {
        listener.error(
          new SyntaxError(`the backend sent ${text.length} characters that are no message${this.#hintFor(text)}`),
        );
      },
      endless: () => {
        this.#child?.stdout?.destroy();
        this.#over(new RangeError(`a message of the backend ${isTooLong(listener.maxMessage)}, and does not end`));
      },
    });
  }

  /** Of the process, once it has started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Rejects if the process cannot be started, for example because there is no such command. */
  start(): Promise<void> {
    const { command, args, env, cwd } = this.options;
    const child = spawn(command, [...args], {
      env: environment(process.env, env),
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: LEADS_GROUP,
      windowsHide: true,
    });
    this.#child = child;
    const started = new Promise<void>((resolve, reject) => {
      child.on('error', (error) => {
        // Only the caller of `start()` gets the reason why the process did not start.
        if (child.pid === undefined) reject(readable(error, command));
        else this.onerror?.(readable(error, command));
      });
      child.once('spawn', resolve);
    });
    this.#listenTo(child);
    return started;
  }

  /** Rejects if the process has ended or does not read. Waiting would only keep the messages in memory elsewhere. */
  send(message: JsonRpcMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin?.writable !== true)
      return Promise.reject(new Error('the process takes no more messages', { cause: this.#broken }));
    if (stdin.writableLength > MAX_UNREAD)
      return Promise.reject(new Error('the process does not read what it was sent before'));
    this.#quoted.passed(message);
    // Messages that are sent together are written together.
    if (stdin.writableCorked === 0) {
      stdin.cork();
      process.nextTick(() => {
        stdin.uncork();
      });
    }
    return new Promise((resolve, reject) => {
      stdin.write(`${lineOf(message)}\n`, (error) => {
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
    // If the system has no file descriptors left, there are no pipes.
    if (!stdin || !stdout || !stderr) return;
    for (const pipe of [stdin, stdout, stderr]) pipe.on('error', (error) => this.onerror?.(error));
    stdin.on('error', (error) => (this.#broken ??= error));
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#reader.feed(text);
    });
    stdout.once('end', () => {
      this.#reader.end();
      this.#quoted.release();
    });
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    void this.#whenSilent(child, stdout, this.#ended);
    if (pid === undefined) return;
    const { children, onStderr } = this.options;
    children.add(pid);
    const tell = (line: string): void => {
      if (line.trim() !== '') this.#lastWords = line;
      onStderr?.(line, pid);
    };
    forEachLine(stderr, tell, this.options.cutStderr);
  }

  /** A process may exit while its children hold the pipes open, and it may close its stdout and live on. */
  async #whenSilent(child: ChildProcess, stdout: Readable, ended: Promise<unknown>): Promise<void> {
    await Promise.race([
      ended,
      new Promise((resolve) => child.once('exit', resolve)),
      new Promise((resolve) => stdout.once('end', resolve)),
    ]);
    await endsWithin(LAST_WORDS_MS, ended);
    const { command, name = basename(command) } = this.options;
    const how = howItEnded(child);
    const words = this.#lastWords === '' ? '' : `; its last line on stderr: ${this.#shown(this.#lastWords, MAX_WORDS)}`;
    this.#over(new BackendEnded(how, `the server [${name} ${child.pid}] ${how}${words}`, endOf(child)));
  }

  /** A hint for a line that is not a message. */
  #hintFor(line: string): string {
    // A line that starts like a message is probably not a log line, and its content should not be quoted.
    if (line.startsWith('{')) return '';
    const quote = this.options.quotesStdout === true ? `: "${this.#shown(line, MAX_QUOTE)}"` : '';
    return `; a server over stdio must write its logs to stderr, not to stdout${quote}`;
  }

  /** A text of the server, on one line, cut to `length`, without secrets. */
  #shown(text: string, length: number): string {
    const { redactCut = (cut: string): string => cut } = this.options;
    return visible(text.length > length ? `${redactCut(text.slice(0, length))}…` : redactCut(text));
  }

  /** Ends the transport. Reports the reason, unless the caller closed it or knows that the process did not start. */
  #over(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.stop();
    this.#quoted.stop();
    if (this.#closing === undefined && this.#child?.pid !== undefined) this.onerror?.(reason);
    void this.close();
    this.onclose?.();
  }

  /** Closes the stdin of the process. If it does not end by itself, it gets `SIGTERM`, and then `SIGKILL`. */
  async #end(): Promise<void> {
    const { pid, stdin, stdout, stderr } = this.#child ?? {};
    const ended = this.#ended;
    this.#reader.stop();
    this.#quoted.stop();
    if (pid === undefined || !stdin || ended === undefined) return;
    stdin.end();
    let hasEnded = await endsWithin(END_TIMEOUT_MS, ended);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      hasEnded ||= signalGroup(pid, signal) && (await endsWithin(END_TIMEOUT_MS, ended));
    await endGroup(pid, END_TIMEOUT_MS);
    this.options.children.delete(pid);
    if (hasEnded) return;
    // Processes that it left in another group may hold the pipes open, but we need not.
    stdout?.destroy();
    stderr?.destroy();
  }
}
