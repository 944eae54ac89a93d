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
import { environment } from '../suites/lib/environment.js';
import { Client } from './client/client.js';
import { rowOf, type Cell } from './http/rows.js';
import { SERVERS, type ServerName } from './http/servers.js';
import { WORKLOADS } from './http/workloads.js';
import { interval } from './lib/bootstrap.js';
import { inRounds, measureInTurns, warmUpFor, type Target } from './lib/contest.js';
import { notYetMeasured } from './lib/figures.js';
import { withProcesses } from './lib/processes.js';
import { nameOfResult, optionsFromArguments, write } from './lib/program.js';
import { ServerProcess } from './lib/server-process.js';

const options = optionsFromArguments();
const resultName = nameOfResult(options, 'http');
const effort = options.brief
  ? { rounds: 1, pairs: 2, batchMs: 2, callsPerClient: 1, firstWarmUpMs: 2, warmUpMs: 2 }
  : { rounds: 4, pairs: 3, batchMs: 250, callsPerClient: 8, firstWarmUpMs: 4_000, warmUpMs: 1_000 };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];

const cells = WORKLOADS.flatMap((workload) =>
  CONCURRENCIES.map((concurrency): Cell => ({ workload, concurrency, ...notYetMeasured(SERVERS) })),
);
await inRounds(resultName, effort.rounds, measureRound);

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

function measureRound(round: number): Promise<void> {
  return withProcesses(async (keep) => {
    const client = keep(new Client());
    const targets = new Map<ServerName, Target<Cell>>();
    for (const server of SERVERS) {
      const process = keep(await ServerProcess.start(new URL('./http/server.child.ts', import.meta.url), { server }));
      targets.set(server, {
        run: ({ workload, concurrency }, calls) => client.run({ port: process.port, workload, concurrency, calls }),
        cpuUs: () => process.cpuUs(),
      });
    }
    const warmUp = warmUpFor(targets, 'bare', effort);
    await measureInTurns(targets, cells, { round, turns: effort.pairs, warmUp });
  });
}
