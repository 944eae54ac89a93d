/**
 * What `withBackchannel()` costs a server of the SDK over real HTTP on 127.0.0.1.
 *
 *     npm run bench:http -- [--brief] [--out <folder>]
 *
 * The bare server and the wrapped one are two processes, and the client is a third. Not one process
 * for both servers: on Node 20 and 22 the first async context slows down every promise of its process,
 * and the bare server would pay for the wrapper. What two processes differ in by chance is met with
 * fresh ones for every round.
 *
 * Batches of calls come in pairs, one to each server right after the other, in an order that changes
 * from pair to pair. A ratio is taken within a pair. Two times are compared: the wall clock's, which is
 * what a user sees, and the server's processor time, which others on the machine do not disturb.
 */
import { pairedRatio, type Pair, type PairedRatio } from './lib/bootstrap.js';
import { environment } from './lib/environment.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { HttpRow, ServerFigures } from './lib/results.js';
import { median, percentile, significant } from './lib/statistics.js';
import { Worker } from './lib/worker.js';
import { WORKLOADS, type Batch, type BatchTimes, type Workload } from './http/workloads.js';

const options = optionsFromArguments();
const effort = options.brief
  ? { rounds: 1, pairs: 2, batchMs: 2, warmUpMs: 2 }
  : { rounds: 3, pairs: 10, batchMs: 100, warmUpMs: 700 };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];
const SERVERS = ['bare', 'wrapped'] as const;
type ServerName = (typeof SERVERS)[number];

interface Server {
  readonly worker: Worker;
  readonly port: number;
}

interface Measurement {
  readonly msPerCall: number;
  readonly cpuMsPerCall: number;
  readonly p50Ms: number;
}

/** What was measured of one workload at one concurrency. */
interface Cell {
  readonly workload: Workload;
  readonly concurrency: number;
  /** By round. */
  readonly pairs: Record<ServerName, Measurement>[][];
  readonly latenciesMs: Record<ServerName, number[]>;
}

const cells = WORKLOADS.flatMap((workload) =>
  CONCURRENCIES.map((concurrency): Cell => ({
    workload,
    concurrency,
    pairs: [],
    latenciesMs: { bare: [], wrapped: [] },
  })),
);
for (let round = 0; round < effort.rounds; round++) {
  await measureRound(round);
  process.stderr.write(`http: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const rows = cells.map(row);
write(options, 'http', { ...environment(), effort, rows });
console.table(
  rows.map(({ workload, concurrency, bare, wrapped, time, serverCpu }) => ({
    workload,
    concurrency,
    'p50 ms': `${String(bare.p50Ms)} → ${String(wrapped.p50Ms)}`,
    'p99 ms': `${String(bare.p99Ms)} → ${String(wrapped.p99Ms)}`,
    'calls/s': `${String(bare.callsPerSecond)} → ${String(wrapped.callsPerSecond)}`,
    time: interval(time),
    'server CPU': interval(serverCpu),
  })),
);

async function measureRound(round: number): Promise<void> {
  const client = new Worker(new URL('./http/client.child.ts', import.meta.url), {});
  const servers = { bare: await start(false), wrapped: await start(true) };
  try {
    for (const cell of cells) {
      const calls = await warmUp(client, servers, cell);
      const pairs: Record<ServerName, Measurement>[] = [];
      for (let pair = 0; pair < effort.pairs; pair++) {
        const order = (round + pair) % 2 === 0 ? SERVERS : [...SERVERS].reverse();
        const measurements = {} as Record<ServerName, Measurement>;
        for (const name of order) measurements[name] = await measure(client, servers[name], cell, calls, name);
        pairs.push(measurements);
      }
      cell.pairs.push(pairs);
    }
  } finally {
    await Promise.all([client, servers.bare.worker, servers.wrapped.worker].map((worker) => worker.stop()));
  }
}

async function start(isWrapped: boolean): Promise<Server> {
  const worker = new Worker(new URL('./http/server.child.ts', import.meta.url), { isWrapped });
  return { worker, ...(await worker.next<{ readonly port: number }>()) };
}

/** Has both servers compile what is measured. Gives how many calls make a batch. */
async function warmUp(client: Worker, servers: Record<ServerName, Server>, cell: Cell): Promise<number> {
  const { workload, concurrency } = cell;
  let calls = concurrency;
  const batch = ({ port }: Server): Promise<BatchTimes> => run(client, { port, workload, concurrency, calls });
  for (let spentMs = 0; ; calls *= 2) {
    const { wallMs } = await batch(servers.bare);
    await batch(servers.wrapped);
    spentMs += wallMs;
    if (spentMs < effort.warmUpMs) continue;
    const perBatch = (calls / wallMs) * effort.batchMs;
    return Math.max(1, Math.round(perBatch / concurrency)) * concurrency;
  }
}

async function measure(
  client: Worker,
  { worker, port }: Server,
  { workload, concurrency, latenciesMs: all }: Cell,
  calls: number,
  name: ServerName,
): Promise<Measurement> {
  const before = await worker.ask<{ readonly cpuUs: number }>({});
  const { wallMs, latenciesMs } = await run(client, { port, workload, concurrency, calls });
  const after = await worker.ask<{ readonly cpuUs: number }>({});
  for (const latencyMs of latenciesMs) all[name].push(latencyMs);
  return {
    msPerCall: wallMs / calls,
    cpuMsPerCall: (after.cpuUs - before.cpuUs) / 1_000 / calls,
    p50Ms: median(latenciesMs),
  };
}

function run(client: Worker, batch: Batch): Promise<BatchTimes> {
  return client.ask<BatchTimes>(batch);
}

function row(cell: Cell): HttpRow {
  const { workload, concurrency, pairs } = cell;
  return {
    workload,
    concurrency,
    pairs: pairs.flat().length,
    bare: figures(cell, 'bare'),
    wrapped: figures(cell, 'wrapped'),
    time: compare(cell, ({ msPerCall }) => msPerCall),
    p50: compare(cell, ({ p50Ms }) => p50Ms),
    serverCpu: compare(cell, ({ cpuMsPerCall }) => cpuMsPerCall),
  };
}

function figures({ pairs, latenciesMs }: Cell, name: ServerName): ServerFigures {
  const measurements = pairs.flat().map((pair) => pair[name]);
  return {
    callsPerSecond: significant(1_000 / median(measurements.map(({ msPerCall }) => msPerCall))),
    p50Ms: significant(median(latenciesMs[name])),
    p99Ms: significant(percentile(latenciesMs[name], 0.99)),
    serverCpuMsPerCall: significant(median(measurements.map(({ cpuMsPerCall }) => cpuMsPerCall))),
  };
}

function compare({ pairs }: Cell, of: (measurement: Measurement) => number): PairedRatio {
  return pairedRatio(
    pairs.map((round) => round.map(({ bare, wrapped }): Pair => ({ value: of(wrapped), base: of(bare) }))),
  );
}

function interval({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
