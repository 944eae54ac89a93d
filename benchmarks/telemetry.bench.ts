/**
 * Measures what it costs a proxy to be watched.
 *
 *     npm run bench:telemetry -- [--brief] [--out <folder>]
 *     BEFORE=/another/checkout/dist/ npm run bench:telemetry    # also against another build
 *
 * Each contestant is a proxy in a process of its own, with the same backend in memory; the client is another. In each turn
 * each contestant gets one batch of calls, right after the others, in a changing order, and ratios to the one that nobody
 * watches are taken within a turn. Each round starts new processes. The processor time is that of the proxy alone.
 */
import { environment } from '../suites/lib/environment.js';
import type { Batch, Spent, Workload } from './eras/contestants.js';
import type { BatchTimes } from './http/workloads.js';
import { figures, ratios, type Measurement, type Measurements } from './lib/figures.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { TelemetryResult, TelemetryRow } from './lib/results.js';
import { median } from './lib/statistics.js';
import { inTurn } from './lib/turns.js';
import { Worker } from './lib/worker.js';
import { CONTESTANTS, type Contestant, type ProxyJob } from './telemetry/contestants.js';

const WORKLOADS: readonly Workload[] = ['plain', 'asking'];
const BASE = 'nothing';
const OWN_DIST = new URL('../dist/', import.meta.url).href;

const options = optionsFromArguments();
const before = process.env['BEFORE'];
const effort = options.brief
  ? { rounds: 1, turns: 2, callsPerBatch: 4, warmUpCalls: 4, concurrency: 2 }
  : { rounds: 5, turns: 8, callsPerBatch: 1_500, warmUpCalls: 6_000, concurrency: 16 };
const contestants = CONTESTANTS.filter((name) => name !== 'before' || before !== undefined);

interface Cell extends Measurements<Contestant> {
  readonly workload: Workload;
}

interface Proxy {
  readonly worker: Worker;
  readonly port: number;
}

const cells = WORKLOADS.map((workload): Cell => ({ workload, turns: [], latenciesMs: byContestant(() => []) }));
for (let round = 0; round < effort.rounds; round++) {
  await measureRound(round);
  process.stderr.write(`telemetry: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const result: TelemetryResult = { ...environment(), effort, rows: cells.flatMap(rowsOf) };
write(options, 'telemetry', result);
console.table(
  result.rows.map(({ workload, watched, figures: { p50Ms, serverCpuMsPerCall }, toUnwatched }) => ({
    workload,
    watched,
    'p50 ms': p50Ms,
    'CPU ms': serverCpuMsPerCall,
    ...(toUnwatched && {
      ratio: toUnwatched.serverCpu.ratio.toFixed(3),
      interval: `${toUnwatched.serverCpu.low.toFixed(3)}–${toUnwatched.serverCpu.high.toFixed(3)}`,
    }),
  })),
);

async function measureRound(round: number): Promise<void> {
  const client = new Worker(new URL('./eras/client.child.ts', import.meta.url), {});
  const proxies = new Map<Contestant, Proxy>();
  try {
    for (const watches of contestants) proxies.set(watches, await start(watches));
    for (const cell of cells) {
      const batch = (name: Contestant, calls: number): Promise<Measurement> =>
        measure(client, proxies.get(name), cell, name, calls);
      for (const name of contestants) await batch(name, effort.warmUpCalls);
      for (const name of contestants) cell.latenciesMs[name].splice(0);
      const turns: Record<Contestant, Measurement>[] = [];
      for (let at = 0; at < effort.turns; at++) {
        const turn = {} as Record<Contestant, Measurement>;
        for (const name of inTurn(contestants, round + at)) turn[name] = await batch(name, effort.callsPerBatch);
        turns.push(turn);
      }
      cell.turns.push(turns);
    }
  } finally {
    await Promise.all([client, ...[...proxies.values()].map(({ worker }) => worker)].map((worker) => worker.stop()));
  }
}

async function start(watches: Contestant): Promise<Proxy> {
  const dist = watches === 'before' && before !== undefined ? new URL(before, 'file:').href : OWN_DIST;
  const job: ProxyJob = { watches, dist };
  const worker = new Worker(new URL('./telemetry/proxy.child.ts', import.meta.url), job);
  return { worker, ...(await worker.next<{ readonly port: number }>()) };
}

async function measure(
  client: Worker,
  proxy: Proxy | undefined,
  { workload, latenciesMs }: Cell,
  name: Contestant,
  calls: number,
): Promise<Measurement> {
  if (proxy === undefined) throw new Error(`${name} was not started`);
  const { worker, port } = proxy;
  const batch: Batch = { port, era: 'legacy', workload, concurrency: effort.concurrency, calls };
  const start = await worker.ask<Spent>({});
  const times = await client.ask<BatchTimes>(batch);
  const end = await worker.ask<Spent>({});
  for (const latencyMs of times.latenciesMs) latenciesMs[name].push(latencyMs);
  return {
    msPerCall: times.wallMs / calls,
    cpuMsPerCall: (end.cpuUs - start.cpuUs) / 1_000 / calls,
    p50Ms: median(times.latenciesMs),
  };
}

function rowsOf(cell: Cell): TelemetryRow[] {
  return contestants.map((watched) => ({
    workload: cell.workload,
    concurrency: effort.concurrency,
    watched,
    pairs: cell.turns.flat().length,
    figures: figures(cell, watched),
    toUnwatched: watched === BASE ? null : ratios(cell, watched, BASE),
  }));
}

function byContestant<T>(make: () => T): Record<Contestant, T> {
  return Object.fromEntries(CONTESTANTS.map((name) => [name, make()])) as Record<Contestant, T>;
}
