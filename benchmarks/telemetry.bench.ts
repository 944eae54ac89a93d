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
import { Client } from './client/client.js';
import { inRounds, measureInTurns, type Target } from './lib/contest.js';
import { figures, notYetMeasured, ratios, type Measurements } from './lib/figures.js';
import { withProcesses } from './lib/processes.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { TelemetryResult, TelemetryRow } from './lib/results.js';
import { ServerProcess } from './lib/server-process.js';
import { CONTESTANTS, type Contestant, type ProxyJob } from './telemetry/contestants.js';

const WORKLOADS = ['plain', 'asking'] as const;
const BASE = 'nothing';
const OWN_DIST = new URL('../dist/', import.meta.url).href;

const options = optionsFromArguments();
const before = process.env['BEFORE'];
const effort = options.brief
  ? { rounds: 1, turns: 2, callsPerBatch: 4, warmUpCalls: 4, concurrency: 2 }
  : { rounds: 5, turns: 8, callsPerBatch: 1_500, warmUpCalls: 6_000, concurrency: 16 };
const contestants = CONTESTANTS.filter((name) => name !== 'before' || before !== undefined);

interface Cell extends Measurements<Contestant> {
  readonly workload: (typeof WORKLOADS)[number];
}

const cells = WORKLOADS.map((workload): Cell => ({ workload, ...notYetMeasured(CONTESTANTS) }));
await inRounds('telemetry', effort.rounds, measureRound);

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

function measureRound(round: number): Promise<void> {
  const { concurrency, callsPerBatch, turns, warmUpCalls } = effort;
  return withProcesses(async (keep) => {
    const client = keep(new Client());
    const targets = new Map<Contestant, Target<Cell>>();
    for (const watches of contestants) {
      const proxy = keep(await start(watches));
      targets.set(watches, {
        run: ({ workload }, calls) => client.run({ port: proxy.port, workload, concurrency, calls }),
        cpuUs: () => proxy.cpuUs(),
      });
    }
    const warmUp = async (cell: Cell): Promise<number> => {
      for (const target of targets.values()) await target.run(cell, warmUpCalls);
      return callsPerBatch;
    };
    await measureInTurns(targets, cells, { round, turns, warmUp });
  });
}

function start(watches: Contestant): Promise<ServerProcess> {
  const dist = watches === 'before' && before !== undefined ? new URL(before, 'file:').href : OWN_DIST;
  const job: ProxyJob = { watches, dist };
  return ServerProcess.start(new URL('./telemetry/proxy.child.ts', import.meta.url), job);
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
