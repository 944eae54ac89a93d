/** A process of its own for one measurement: see routing.bench.ts for why. */
import { Bench } from 'tinybench';
import { CYCLES_PER_RUN, MESSAGES_PER_CYCLE, cycles } from './lib/cycle.js';
import { idleBytes } from './lib/heap.js';
import { median } from './lib/statistics.js';
import { VARIANTS, type VariantName } from './lib/variants.js';

export type Job =
  | {
      readonly measure: 'cycle';
      readonly variants: readonly VariantName[];
      readonly inFlight: number;
      readonly passes: number;
      readonly passMs: number;
    }
  | { readonly measure: 'heap'; readonly sessions: number };

/** Nanoseconds per message, by variant. */
export type CycleTimes = Record<string, number>;

const job = JSON.parse(process.argv[2] ?? '') as Job;
process.send?.(job.measure === 'heap' ? idleBytes(job.sessions) : await cycleTimes(job));

async function cycleTimes({ variants, inFlight, passes, passMs }: Job & { measure: 'cycle' }): Promise<CycleTimes> {
  const tasks = variants.map((name) => ({ name, run: cycles(VARIANTS[name](), inFlight), medians: [] as number[] }));
  for (let pass = 0; pass <= passes; pass++) {
    globalThis.gc?.();
    const bench = new Bench({ time: passMs, iterations: 3, warmup: false, now: cpuMs });
    for (const { name, run } of tasks) bench.add(name, run);
    await bench.run();
    // The first pass warms up: it compiles.
    if (pass > 0) for (const task of tasks) task.medians.push(medianLatencyMs(bench, task.name));
    // Nobody comes first in every pass, nor always after the same neighbour.
    tasks.push(...tasks.splice(0, 1));
    if (pass % 2 === 1) tasks.reverse();
  }
  return Object.fromEntries(
    tasks.map(({ name, medians }) => [name, (median(medians) * 1e6) / CYCLES_PER_RUN / MESSAGES_PER_CYCLE]),
  );
}

function medianLatencyMs(bench: Bench, name: string): number {
  const result = bench.getTask(name)?.result;
  if (result?.state === 'errored') throw result.error;
  if (result?.state !== 'completed') throw new Error(`${name} was not measured`);
  return result.latency.p50;
}

/** Time that this process has computed: on a machine that others use too, the wall clock measures them. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
