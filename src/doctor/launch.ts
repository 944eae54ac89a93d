/** The proxy under test, as a process of ours: started by the shell, and ended with all that it has started. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { textOf } from '../errors.js';
import { visible } from '../visible.js';
import { DoctorFault } from './fault.js';
import { accepts, acceptingOf } from './ports.js';
import { within } from './within.js';

const LOOK_MS = 20;
/** npx may have to download it first. */
const LISTENS_WITHIN_MS = 120_000;
const ENDS_WITHIN_MS = 1_500;
/** When whoever waits is told that nobody listens yet. */
const NOTICE_MS = 5_000;
const LAST_CHARACTERS = 8_000;
const LAST_LINES = 5;
const LINE_CHARACTERS = 160;
/** What Node prints after an error, with what another program may put before each line. */
const NO_REASON = /^(?:\[[^\]]*\])?\s*(?:at .+|Node\.js v\S+|\}?)$/;
const IS_WINDOWS = process.platform === 'win32';

/** What the template of a proxy can name. */
export interface Places {
  readonly port: number;
  /** The program of the backend and its arguments. */
  readonly backend: readonly [string, ...string[]];
  readonly backendUrl: string;
}

export class Launched {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mcp-backchannel-doctor-'));
  readonly #command: string;
  #child: ChildProcess;
  #said = '';

  /** @param template its command, with the places that it names in braces */
  constructor(template: string, { port, backend, backendUrl }: Places) {
    const [command, ...args] = backend;
    const config = join(this.#folder, 'config.json');
    writeFileSync(config, JSON.stringify({ mcpServers: { doctor: { command, args } } }));
    this.#command = template
      .replaceAll('{port}', String(port))
      .replaceAll('{backend-url}', backendUrl)
      .replaceAll('{backend}', () => backend.map(quoted).join(' '))
      .replaceAll('{config}', () => quoted(config));
    this.#child = this.#start();
  }

  /** @throws DoctorFault if another program would be taken for the proxy */
  static async mustBeFree(url: URL): Promise<void> {
    const taken = await acceptingOf(url);
    if (taken !== undefined) throw new DoctorFault(`another program listens at ${taken.origin} already`);
  }

  /**
   * Starts it again, on the same port, if nobody listens there any more.
   *
   * @returns as `revive` of a target does
   * @throws DoctorFault if it does not listen again
   */
  async revive(url: URL): Promise<string | undefined> {
    if (await accepts(url)) return undefined;
    // It may close its port before it ends. What it says then is the reason. A shell may outlive it.
    if (!this.#hasEnded) await within(ENDS_WITHIN_MS, once(this.#child, 'close'));
    const [error] = /^(?:Uncaught )?\w*Error: .+$/m.exec(this.#said) ?? [];
    const end = error === undefined ? '' : `: ${error}`;
    this.#said = '';
    // What it has started, or has started it, may have outlived it.
    this.#signal('SIGKILL');
    for (const pipe of this.#child.stdio) pipe?.destroy();
    this.#child = this.#start();
    await this.listening(url);
    return end;
  }

  /**
   * @param onWaiting is told once if it takes long
   * @returns the URL where it listens
   * @throws DoctorFault if it does not listen there
   */
  async listening(url: URL, onWaiting: (why: string) => void = () => undefined): Promise<URL> {
    const until = performance.now() + LISTENS_WITHIN_MS;
    const notice = setTimeout(() => {
      onWaiting(`the proxy does not listen at ${url.origin} yet. Waiting for it…${this.lastWords}`);
    }, NOTICE_MS);
    try {
      return await this.#listening(url, until);
    } finally {
      clearTimeout(notice);
    }
  }

  async #listening(url: URL, until: number): Promise<URL> {
    for (;;) {
      const accepting = await acceptingOf(url);
      if (accepting !== undefined) return accepting;
      if (this.#hasEnded) throw new DoctorFault(`the proxy ended before it listened at ${url.origin}${this.lastWords}`);
      if (performance.now() > until)
        throw new DoctorFault(`the proxy does not listen at ${url.origin}${this.lastWords}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** What it said last, to be appended to an error. */
  get lastWords(): string {
    const lines = this.#said
      .split(/\r?\n/)
      .filter((line) => !NO_REASON.test(line))
      .slice(-LAST_LINES)
      .map((line) => visible(line).slice(0, LINE_CHARACTERS));
    return lines.length === 0 ? '' : `\nIt said:\n  ${lines.join('\n  ')}`;
  }

  async close(): Promise<void> {
    if (!this.#hasEnded) {
      const exited = once(this.#child, 'exit');
      this.#signal('SIGTERM');
      await within(ENDS_WITHIN_MS, exited);
    }
    this.kill();
    for (const pipe of this.#child.stdio) pipe?.destroy();
  }

  /** Ends at once all that it has started. */
  kill(): void {
    this.#signal('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): ChildProcess {
    // A group of its own, so that it ends with what the shell, npx and itself have started.
    const child = spawn(this.#command, { shell: true, detached: !IS_WINDOWS, stdio: ['pipe', 'pipe', 'pipe'] });
    child.on('error', (error) => (this.#said += textOf(error)));
    child.stdin.on('error', () => undefined);
    for (const output of [child.stdout, child.stderr])
      output.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-LAST_CHARACTERS);
      });
    return child;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (IS_WINDOWS) {
      // Windows has no groups. Ending the shell would leave what it has started.
      spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => undefined);
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // all have ended
    }
  }
}

/** For the shell: also within double quotes, as an argument that is itself a command. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word) && (IS_WINDOWS || !word.includes('\\'))) return word;
  return IS_WINDOWS ? `"${word}"` : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
