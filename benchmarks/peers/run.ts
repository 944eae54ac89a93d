/** One run over all contestants. One that fails is noted, and left out of what follows. */
import process from 'node:process';
import { measured } from '../lib/statistics.js';
import { inTurn } from '../lib/turns.js';
import { RunningBackends, type Backends } from './backends.js';
import { observe } from './behaviour.js';
import { Client } from './client.js';
import type { Backend, Contestant } from './contestants.js';
import { costOf } from './costs.js';
import { measureLoad, type Load, type Target } from './load.js';
import { measureIdle, measureStart, type Idle, type Start } from './memory.js';
import { observeModern } from './modern-behaviour.js';
import type { Behaviour, Cost, Direct, Effort, Failure, ModernBehaviour, PeersErasResult, Subject } from './results.js';
import { bounded, Running } from './running.js';
import { StdioWire, StreamableHttpWire } from './wires.js';

const KINDS = ['stdio', 'http'] as const;
const OBSERVED_AT_ONCE = 2;
const START_TIMEOUT_MS = 20_000;

export class Run {
  readonly #direct = new Map<Backend['kind'], Load[]>();
  readonly #loads = new Map<Contestant, Load[]>();
  readonly #starts = new Map<Contestant, Start[]>();
  readonly #idles = new Map<Contestant, Idle[]>();
  readonly #behaviour = new Map<Contestant, Behaviour>();
  readonly #modern = new Map<Contestant, ModernBehaviour>();
  readonly #failures: Failure[] = [];

  private constructor(
    private readonly contestants: readonly Contestant[],
    private readonly effort: Effort,
    private readonly backends: RunningBackends,
  ) {}

  static async start(contestants: readonly Contestant[], effort: Effort): Promise<Run> {
    return new Run(contestants, effort, await RunningBackends.start());
  }

  close(): void {
    this.backends.close();
  }

  async observeBehaviour(): Promise<void> {
    await this.#observe(this.contestants, this.backends.doctor, async (contestant, backend) => {
      const answers = await observe(contestant, backend);
      this.#behaviour.set(contestant, { ...subjectOf(contestant), ...answers });
    });
  }

  /** A client of revision 2026-07-28 speaks Streamable HTTP or stdio. */
  async observeModern(): Promise<void> {
    const reachable = this.#measurable().filter(({ wire, isOurs, isPeer }) => wire !== 'sse' && (isOurs || isPeer));
    await this.#observe(reachable, this.backends.asking, async (contestant, backend) => {
      this.#modern.set(contestant, { ...subjectOf(contestant), outcomes: await observeModern(contestant, backend) });
    });
  }

  /** A few at a time: nothing here is a matter of speed. */
  async #observe(
    contestants: readonly Contestant[],
    backends: Backends,
    work: (contestant: Contestant, backend: Backend) => Promise<void>,
  ): Promise<void> {
    const waiting = [...contestants];
    const go = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const contestant = next;
        say(`behaviour: ${titleOf(contestant)}`);
        await this.#attempt('behaviour', contestant, () => work(contestant, backends[contestant.upstream]));
      }
    };
    await Promise.all(Array.from({ length: OBSERVED_AT_ONCE }, go));
  }

  async measureLoad(): Promise<void> {
    const up = new Map<Contestant, { running: Running; client: Client }>();
    const direct = new Map<Backend['kind'], Client>();
    try {
      for (const contestant of this.#measurable()) {
        await this.#attempt('load', contestant, async () => {
          up.set(contestant, await Running.start(contestant, this.backends.light[contestant.upstream]));
        });
      }
      for (const kind of KINDS) direct.set(kind, await straight(this.backends.light[kind]));
      // The first round is for the just-in-time compilers.
      for (let round = -1; round < this.effort.rounds; round++) {
        say(`calls: round ${round + 1} of ${this.effort.rounds}`);
        const keep = round >= 0;
        const turns = [
          ...[...direct].map(([kind, client]) => async () => {
            const load = await measureLoad({ client, tool: 'echo', cpuUs: () => NaN }, this.effort);
            if (keep) push(this.#direct, kind, load);
          }),
          ...[...up].map(([contestant, { running, client }]) => async () => {
            const target: Target = { client, tool: running.tool('echo'), cpuUs: () => running.program.cpuUs };
            const done = await this.#attempt('load', contestant, async () => {
              const load = await measureLoad(target, this.effort);
              if (keep) push(this.#loads, contestant, load);
            });
            if (!done) up.delete(contestant);
            client.wire.rest();
          }),
        ];
        for (const turn of inTurn(turns, round)) await turn();
      }
    } finally {
      for (const client of direct.values()) client.close();
      for (const { running, client } of up.values()) {
        client.close();
        await running.stop();
      }
    }
  }

  async measureLives(): Promise<void> {
    const able = new Set(this.#measurable());
    const { starts, memoryRounds } = this.effort;
    for (let round = 0; round < Math.max(starts, memoryRounds); round++) {
      for (const contestant of inTurn([...able], round)) {
        say(`starts and memory: round ${round + 1}, ${titleOf(contestant)}`);
        const backend = this.backends.light[contestant.upstream];
        const sessions = sessionsOf(contestant, this.effort);
        const done = await this.#attempt('memory', contestant, async () => {
          if (round < starts) push(this.#starts, contestant, await measureStart(contestant, backend));
          if (round < memoryRounds) push(this.#idles, contestant, await measureIdle(contestant, backend, sessions));
        });
        if (!done) able.delete(contestant);
      }
    }
  }

  results(): { costs: Cost[]; direct: Direct[]; behaviour: Behaviour[]; failures: Failure[] } {
    return {
      costs: this.#measurable().flatMap((contestant) => this.#costOf(contestant)),
      direct: KINDS.map((upstream) => {
        const loads = this.#direct.get(upstream) ?? [];
        return {
          upstream,
          p50Us: measured(loads.map(({ p50Us }) => p50Us)),
          p99Us: measured(loads.map(({ p99Us }) => p99Us)),
          callsPerSecond16: measured(loads.map(({ callsPerSecond }) => callsPerSecond)),
        };
      }),
      behaviour: this.contestants.flatMap((contestant) => this.#behaviour.get(contestant) ?? []),
      failures: this.#failures,
    };
  }

  eras(): Omit<PeersErasResult, 'environment'> {
    return {
      behaviour: this.contestants.flatMap((contestant) => this.#modern.get(contestant) ?? []),
      failures: this.#failures,
    };
  }

  #costOf(contestant: Contestant): Cost[] {
    const loads = this.#loads.get(contestant) ?? [];
    const idles = this.#idles.get(contestant) ?? [];
    // What is not complete is among the failures.
    if (loads.length < this.effort.rounds || idles.length < this.effort.memoryRounds) return [];
    const direct = this.#direct.get(contestant.upstream) ?? [];
    const starts = this.#starts.get(contestant) ?? [];
    const { stateful = null, sdk = '' } = this.#behaviour.get(contestant) ?? {};
    const sessions = sessionsOf(contestant, this.effort);
    return [{ ...subjectOf(contestant), stateful, sdk, ...costOf({ loads, direct, starts, idles, sessions }) }];
  }

  #measurable(): Contestant[] {
    return this.contestants.filter(({ isBehaviourOnly }) => !isBehaviourOnly);
  }

  /** @returns whether it went well */
  async #attempt(phase: Failure['phase'], contestant: Contestant, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failures.push({ ...subjectOf(contestant), phase, reason });
      say(`${phase}: ${titleOf(contestant)} failed: ${reason}`);
      return false;
    }
  }
}

/** A session of the backend, without a proxy. */
async function straight(backend: Backend): Promise<Client> {
  const client = new Client((receive) =>
    backend.kind === 'stdio'
      ? StdioWire.spawn(backend.command, backend.args, receive)
      : new StreamableHttpWire(backend.url, {}, receive),
  );
  await bounded(START_TIMEOUT_MS, client.initialize(), 'initialize');
  return client;
}

function subjectOf({ name, version, upstream, isOurs, isPeer, wire }: Contestant): Subject {
  return { name, version, upstream, isOurs, isPeer, wire };
}

/** A process per session: a few of them tell what many would. */
function sessionsOf({ wire }: Contestant, { sessions, stdioSessions }: Effort): number {
  return wire === 'stdio' ? stdioSessions : sessions;
}

export function titleOf({ name, version, upstream }: Pick<Subject, 'name' | 'version' | 'upstream'>): string {
  return `${name} ${version} (${upstream})`;
}

function push<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const values = into.get(key);
  if (values === undefined) into.set(key, [value]);
  else values.push(value);
}

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${line}\n`);
}
