/** One proxy in front of one backend, bare or wrapped, and the client's sessions with it. */
import { StrictClient } from '../lib/strict-client.js';
import type { Backend } from './backends.js';
import type { Outcome } from './observe.js';
import { startProgram, type Program } from './program.js';
import { RouteLog } from './route-log.js';
import type { Row } from './rows.js';

const PROXY = new URL('proxy.ts', import.meta.url);

/** The user: accepts, says hello, has one folder. Enough for either backend. */
const ANSWERS = {
  'elicitation/create': () => ({ action: 'accept', content: { name: 'Ada', answer: 'Ada' } }),
  'sampling/createMessage': () => ({
    role: 'assistant',
    content: { type: 'text', text: 'hello from the model' },
    model: 'a model',
  }),
  'roots/list': () => ({ roots: [{ uri: 'file:///demo', name: 'demo' }] }),
};

export type Outcomes = ReadonlyMap<Row, Outcome>;

export class Stage {
  private constructor(
    private readonly backend: Backend,
    private readonly programs: readonly Program[],
    private readonly routes: RouteLog | undefined,
    /** By the name that the rows give them. */
    private readonly clients: ReadonlyMap<string, StrictClient>,
  ) {}

  /** Starts the processes and opens a session for each that the rows name, so that no row waits for that. */
  static async set(backend: Backend, wrapped: boolean): Promise<Stage> {
    const behind = backend.program === undefined ? undefined : await startProgram(backend.program);
    const routes = wrapped ? new RouteLog() : undefined;
    const args = [...(wrapped ? [] : ['--bare']), ...backend.proxyArgs(behind?.url)];
    const proxy = await startProgram(PROXY, args, routes?.add);
    const names = [...new Set(backend.rows.map(({ session }) => session))];
    const clients = await Promise.all(
      names.map(async (name) => [name, await StrictClient.connect(proxy.url, { answers: ANSWERS })] as const),
    );
    return new Stage(backend, behind ? [proxy, behind] : [proxy], routes, new Map(clients));
  }

  /** Sessions side by side: for rows that mostly wait. */
  async runTogether(): Promise<Outcomes> {
    const sessions = Array.from(this.clients.keys(), async (name) =>
      this.#run(this.backend.rows.filter(({ session }) => session === name)),
    );
    return new Map((await Promise.all(sessions)).flat());
  }

  /** Row by row: none disturbs the time of another. */
  async runInTurn(): Promise<Outcomes> {
    return new Map(await this.#run(this.backend.rows));
  }

  async #run(rows: readonly Row[]): Promise<[Row, Outcome][]> {
    const { backend, routes } = this;
    const outcomes: [Row, Outcome][] = [];
    for (const row of rows) {
      const client = this.clients.get(row.session);
      if (client === undefined) throw new Error(`no session ${row.session}`);
      outcomes.push([row, await row.run({ client, routes, exact: backend.exact }, backend.work)]);
    }
    return outcomes;
  }

  async clear(): Promise<void> {
    // A proxy that is gone already has no sessions to end.
    await Promise.allSettled(Array.from(this.clients.values(), async (client) => client.delete()));
    for (const client of this.clients.values()) client.vanish();
    await Promise.all(this.programs.map(async (program) => program.stop()));
  }
}
