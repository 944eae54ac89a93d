import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Logs } from './logs.js';
import type { UpstreamSpec } from './options.js';

export type CommandSpec = Extract<UpstreamSpec, { readonly kind: 'command' }>;

/** Our own settings, the token among them, are not for the command we run. */
const OWN_VARIABLES = 'MCP_BACKCHANNEL_';

/** The processes that run, so that they can be ended when there is no time to ask. */
export class Children {
  readonly #pids = new Set<number>();

  add(pid: number): void {
    this.#pids.add(pid);
  }

  delete(pid: number): void {
    this.#pids.delete(pid);
  }

  kill(): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended by itself
      }
    }
  }
}

/** A process of its own for one session. What it writes to stderr is told with its name and process id. */
export class ChildTransport extends StdioClientTransport {
  constructor(
    { command, args, env, cwd }: CommandSpec,
    private readonly logs: Logs,
    private readonly children: Children,
  ) {
    super({
      command,
      args: [...args],
      env: { ...inherited(), ...env },
      stderr: 'pipe',
      ...(cwd !== undefined && { cwd }),
    });
    this.#name = basename(command);
  }

  readonly #name: string;

  override async start(): Promise<void> {
    await super.start();
    // Once it is told to close, the transport names no process any more.
    const { pid } = this;
    if (pid === null) return;
    this.children.add(pid);
    // The end of its stderr is not its end: it may have closed that.
    const { onclose } = this;
    this.onclose = () => {
      this.children.delete(pid);
      onclose?.();
    };
    // Not by `readline`, which keeps a line until it ends, however long it is.
    forEachLine(this.stderr as Readable, (line) => {
      this.logs.ofUpstream(this.#name, pid, line);
    });
  }
}

function inherited(): Record<string, string> {
  const variables = Object.entries(process.env).filter(
    (variable): variable is [string, string] => variable[1] !== undefined && !variable[0].startsWith(OWN_VARIABLES),
  );
  return Object.fromEntries(variables);
}

/** A longer line is told in parts. */
const MAX_LINE = 65_536;

function forEachLine(input: Readable, tell: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    for (; rest.length >= MAX_LINE; rest = rest.slice(MAX_LINE)) tell(rest.slice(0, MAX_LINE));
  });
  input.on('end', () => {
    if (rest !== '') tell(rest);
  });
}
