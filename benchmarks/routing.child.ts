/** Makes one measurement in a process of its own. routing.bench.ts says why. */
import { Bench } from 'tinybench';
import createDebug from 'debug';
import { CYCLES_PER_RUN, MESSAGES_PER_CYCLE, cycles, sessionCycles } from './lib/cycle.js';
import { idleBytes, inFlightBytes, type IdleBytes } from './lib/heap.js';
import { SESSION_VARIANTS, sessions, type SessionKind } from './lib/sessions.js';
import { cpuMs, median } from './lib/statistics.js';
import { VARIANTS, type VariantName } from './lib/variants.js';

interface Effort {
  readonly passes: number;
  readonly passMs: number;
  /** Of the first pass: a process that routes all day long is warm. */
  readonly warmUpMs: number;
}

export type Job =
  | (Effort & {
      readonly measure: 'cycle';
      readonly variants: readonly VariantName[];
      readonly inFlight: number;
      /** Whether `debug` writes every namespace, to where nobody reads it. */
      readonly debug: boolean;
    })
  | (Effort & { readonly measure: 'sessions'; readonly kind: SessionKind; readonly sessions: number })
  | { readonly measure: 'heap'; readonly sessions: number; readonly requests: number };

/** Nanoseconds per message, by variant. */
export type CycleTimes = Record<string, number>;

export interface Bytes {
  readonly perIdleSession: Record<string, IdleBytes>;
  readonly perRequestInFlight: Record<string, number>;
}

interface Task {
  readonly name: string;
  readonly run: () => Promise<void>;
  /** Of each pass, garbage collection included. */
  readonly meansMs: number[];
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
process.send?.(await measure());

async function measure(): Promise<CycleTimes | Bytes> {
  switch (job.measure) {
    case 'cycle': {
      if (job.debug) debugIntoTheVoid();
      const { variants, inFlight } = job;
      return times(job, new Map(variants.map((name) => [name, cycles(VARIANTS[name](), inFlight)])));
    }
    case 'sessions': {
      const { kind, sessions: count } = job;
      const runs = new Map<string, () => Promise<void>>();
      for (const name of SESSION_VARIANTS) runs.set(name, await sessionCycles(sessions(kind, name, count)));
      return times(job, runs);
    }
    case 'heap':
      return { perIdleSession: await idleBytes(job.sessions), perRequestInFlight: inFlightBytes(job.requests) };
  }
}

async function times(
  { passes, passMs, warmUpMs }: Effort,
  runs: ReadonlyMap<string, () => Promise<void>>,
): Promise<CycleTimes> {
  // No forced garbage collection in between: it also forgets what the compiler knew of objects that are gone, and
  // what would be measured is the compiler.
  const tasks = [...runs].map(([name, run]): Task => ({ name, run, meansMs: [] }));
  for (let pass = 0; pass <= passes; pass++) {
    const bench = new Bench({ time: pass === 0 ? warmUpMs : passMs, iterations: 3, warmup: false, now: cpuMs });
    for (const { name, run } of tasks) bench.add(name, run);
    await bench.run();
    // The first pass warms up: it compiles.
    if (pass > 0) for (const task of tasks) task.meansMs.push(meanMs(bench, task.name));
    // Nobody comes first in every pass, nor always after the same neighbour.
    tasks.push(...tasks.splice(0, 1));
    if (pass % 2 === 1) tasks.reverse();
  }
  return Object.fromEntries(
    tasks.map(({ name, meansMs }) => [name, (median(meansMs) * 1e6) / CYCLES_PER_RUN / MESSAGES_PER_CYCLE]),
  );
}

/** What `debug` costs without whatever reads stderr. */
function debugIntoTheVoid(): void {
  createDebug.log = () => undefined;
  createDebug.enable('mcp-backchannel:*');
}

/** Of a run. Not the median: few runs hold a garbage collection, and it would know nothing of them. */
function meanMs(bench: Bench, name: string): number {
  const result = bench.getTask(name)?.result;
  if (result?.state === 'errored') throw result.error;
  if (result?.state !== 'completed') throw new Error(`${name} was not measured`);
  return result.latency.mean;
}
