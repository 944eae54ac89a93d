/**
 * Measures how much `withBackchannel()` slows down a server of the SDK, over real HTTP on 127.0.0.1.
 *
 *     npm run bench:http -- [--brief] [--out <folder>]
 *
 * There are five servers: bare, wrapped, bare with the same async contexts as the wrapper, one on our own transport, and
 * the least that a server can do. The third shows how much of the difference is the price of async contexts in Node.
 * Each server is a process, and the client is another.
 * The servers cannot share a process: on Node 20 and 22 the first async context slows down every promise of its
 * process, so the bare server would pay for the others. Processes also differ by chance, so every round starts new
 * ones.
 *
 * Calls come in batches. In each turn, every server gets one batch, right after the other. The order changes from turn
 * to turn. A batch is so large that all clients are busy for nearly all of it. Ratios are taken within a turn. Chance
 * differences between processes show only between rounds, so there are more rounds, with fewer turns in each.
 *
 * Servers run for hours, but a new process spends its first seconds on compiling. Before a workload is measured, every
 * server is therefore kept busy with it for the same time: a fast one gets more calls, not less time. A batch of a
 * quarter of a second is long compared with what is left of compiling and of garbage collection.
 *
 * Two times are compared. Users see the wall clock time. The server's processor time is not disturbed by other
 * programs on the machine, nor diluted by the client's time.
 *
 * Clients are closed-loop: each waits for its answer before it calls again. The p99 is therefore not that of a service
 * under constant load, where a slow call does not delay the next one.
 */
import type { PairedRatio } from './lib/bootstrap.js';
import { environment } from '../suites/lib/environment.js';
import { nameOfResult, optionsFromArguments, write } from './lib/program.js';
import { median } from './lib/statistics.js';
import { Worker } from './lib/worker.js';
import { rowOf, type Cell, type Turn } from './http/rows.js';
import type { Measurement } from './lib/figures.js';
import { order, SERVERS, type ServerName } from './http/servers.js';
import { WORKLOADS, type Batch, type BatchTimes } from './http/workloads.js';

const options = optionsFromArguments();
const resultName = nameOfResult(options, 'http');
const effort = options.brief
  ? { rounds: 1, pairs: 2, batchMs: 2, callsPerClient: 1, firstWarmUpMs: 2, warmUpMs: 2 }
  : { rounds: 4, pairs: 3, batchMs: 250, callsPerClient: 8, firstWarmUpMs: 4_000, warmUpMs: 1_000 };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];

interface Server {
  readonly worker: Worker;
  readonly port: number;
}

type Servers = Readonly<Record<ServerName, Server>>;

const cells = WORKLOADS.flatMap((workload) =>
  CONCURRENCIES.map((concurrency): Cell => ({
    workload,
    concurrency,
    turns: [],
    latenciesMs: { bare: [], context: [], wrapped: [], ours: [], floor: [] },
  })),
);
for (let round = 0; round < effort.rounds; round++) {
  await measureRound(round);
  process.stderr.write(`${resultName}: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const rows = cells.map(rowOf);
write(options, resultName, { ...environment(), effort, rows });
console.table(
  rows.map(({ workload, concurrency, bare, wrapped, ours, wrappedToBare, contextToBare, oursToBare, oursToFloor }) => ({
    workload,
    concurrency,
    'p50 ms': `${String(bare.p50Ms)} → ${String(wrapped.p50Ms)}`,
    'p99 ms': `${String(bare.p99Ms)} → ${String(wrapped.p99Ms)}`,
    'calls/s': `${String(bare.callsPerSecond)} → ${String(wrapped.callsPerSecond)}, ours ${String(ours?.callsPerSecond)}`,
    time: interval(wrappedToBare.time),
    'time, contexts alone': interval(contextToBare.time),
    'server CPU': interval(wrappedToBare.serverCpu),
    'server CPU, contexts alone': interval(contextToBare.serverCpu),
    'server CPU, ours': oursToBare && interval(oursToBare.serverCpu),
    'server CPU, ours to the floor': oursToFloor && interval(oursToFloor.serverCpu),
  })),
);

async function measureRound(round: number): Promise<void> {
  const client = new Worker(new URL('./http/client.child.ts', import.meta.url), {});
  const servers = {} as Record<ServerName, Server>;
  for (const name of SERVERS) servers[name] = await start(name);
  try {
    for (const [index, cell] of cells.entries()) {
      const calls = await warmUp(client, servers, cell, index === 0 ? effort.firstWarmUpMs : effort.warmUpMs);
      const turns: Turn[] = [];
      for (let pair = 0; pair < effort.pairs; pair++) {
        const turn = {} as Turn;
        for (const name of order(round + pair)) turn[name] = await measure(client, servers[name], cell, calls, name);
        turns.push(turn);
      }
      cell.turns.push(turns);
    }
  } finally {
    await Promise.all([client, ...SERVERS.map((name) => servers[name].worker)].map((worker) => worker.stop()));
  }
}

async function start(server: ServerName): Promise<Server> {
  const worker = new Worker(new URL('./http/server.child.ts', import.meta.url), { server });
  return { worker, ...(await worker.next<{ readonly port: number }>()) };
}

/** Has every server compile what is measured, each for the same time. Gives how many calls make a batch. */
async function warmUp(client: Worker, servers: Servers, cell: Cell, forMs: number): Promise<number> {
  const { concurrency } = cell;
  const callsPerMs = {} as Record<ServerName, number>;
  for (const name of SERVERS) callsPerMs[name] = await warmUpOne(client, servers[name], cell, forMs);
  // With a few calls for each client what is measured is the time in which not all of them are at work.
  return Math.max(effort.callsPerClient, Math.round((callsPerMs.bare * effort.batchMs) / concurrency)) * concurrency;
}

/** Batches grow until one takes at least a quarter of the time. @returns the calls per ms of the last one */
async function warmUpOne(client: Worker, { port }: Server, cell: Cell, forMs: number): Promise<number> {
  const { workload, concurrency } = cell;
  let calls = concurrency;
  for (let spentMs = 0; ;) {
    const { wallMs } = await run(client, { port, workload, concurrency, calls });
    spentMs += wallMs;
    if (spentMs >= forMs) return calls / wallMs;
    if (wallMs < forMs / 4) calls *= 2;
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

function interval({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
