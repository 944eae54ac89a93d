import { Client } from './client.js';
import type { ToolName } from './messages.js';
import type { Asking } from './questions.js';
import type { Connect, WireKind } from './wire.js';
import { LATE, within } from './within.js';

/** A proxy that is up, with the backend that asks behind it. */
export interface Target {
  readonly wire: WireKind;
  readonly connect: Connect;
  /** @default true */
  readonly hasSessions?: boolean;
  /** How long a session may take to open. @default 20 s: a proxy may have to start a server for it */
  readonly opensMs?: number;
  /** The name of a tool of the backend, with the prefix that the proxy gives it. */
  readonly tool: (name: ToolName) => string;
  /**
   * Starts the proxy again if it has ended.
   *
   * @returns the end of a sentence that says why, if it had
   * @throws DoctorFault if it is gone, and is not ours to start
   */
  readonly revive?: (() => Promise<string | undefined>) | undefined;
}

const OPENS_MS = 20_000;

/** Whoever opens another would wait as long again. */
export class NoSession extends Error {}

/** Opens sessions for a situation, and closes them after it. */
export class Stage implements Asking {
  readonly #opened: Client[] = [];

  constructor(
    readonly target: Target,
    readonly timeoutMs: number,
  ) {}

  get tool(): Target['tool'] {
    return this.target.tool;
  }

  /** Whether answers and messages of the server come on streams of their own. */
  get hasStreams(): boolean {
    return this.target.wire === 'streamable-http';
  }

  /** A new session. Its client holds no standalone stream. */
  readonly open = async (name?: string): Promise<Client> => {
    const client = new Client(this.target.connect, name);
    this.#opened.push(client);
    const { opensMs = OPENS_MS } = this.target;
    if ((await within(opensMs, client.initialize())) === LATE)
      throw new NoSession(`no answer to ${client.lastSent} of a new session`);
    return client;
  };

  /** The same, with the standalone stream open if the proxy has one. */
  readonly openWithGet = async (name?: string): Promise<Client> => {
    const client = await this.open(name);
    await client.wire.openStandalone();
    return client;
  };

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map(async (client) => client.close()));
  }
}
