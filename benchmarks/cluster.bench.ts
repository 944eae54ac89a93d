/**
 * Measures what it costs that a session is on another node than the one that gets the request.
 *
 *     npm run bench:cluster -- [--brief] [--out <folder>]
 *
 * A proxy without a cluster, a node that has the session, and a node that passes each call on to it are processes of their
 * own, and so is the client. Calls come in batches. In each turn, each of the three gets one batch, right after the other,
 * in a changing order, and ratios are taken within a turn. Each round starts new processes. The processor time of a hop is
 * that of both nodes together. That of backends over stdio does not count.
 *
 * All of them share the cores of one machine. With more clients at once than there are cores, the time of a call through
 * two nodes is that of twice the work on the same cores. In a cluster, the nodes have cores of their own, so the rows with
 * one call at once are those that tell the latency, and the processor time tells the rest.
 *
 * A figure for memory: idle sessions are opened on one node, and the growth of its memory is divided by their number.
 */
import { environment } from '../suites/lib/environment.js';
import { BACKENDS, CONTESTANTS, order, type Backend, type Contestant } from './cluster/contestants.js';
import { LeaseBoard, NodeProcess } from './cluster/node.js';
import type { PairedRatio } from './lib/bootstrap.js';
import { figures, ratios, type Measurement, type Measurements } from './lib/figures.js';
import type { Batch, BatchTimes } from './http/workloads.js';
import type { ClusterResult, ClusterRow } from './lib/results.js';
import { optionsFromArguments, write } from './lib/program.js';
import { measured, median } from './lib/statistics.js';
import { Worker } from './lib/worker.js';

interface Cell extends Measurements<Contestant> {
  readonly backend: Backend;
  readonly concurrency: number;
}

const options = optionsFromArguments();
const effort = options.brief
  ? { rounds: 1, turns: 2, batchMs: 2, callsPerClient: 2, firstWarmUpMs: 5, warmUpMs: 5, idleSessions: 20 }
  : {
      rounds: 4,
      turns: 6,
      batchMs: 250,
      callsPerClient: 8,
      firstWarmUpMs: 4_000,
      warmUpMs: 1_500,
      idleSessions: 2_000,
    };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];

interface Stage {
  readonly client: Worker;
  readonly single: NodeProcess;
  readonly owner: NodeProcess;
  readonly edge: NodeProcess;
}

const cells = BACKENDS.flatMap((backend) =>
  CONCURRENCIES.map((concurrency): Cell => ({
    backend,
    concurrency,
    turns: [],
    latenciesMs: { single: [], owner: [], hop: [] },
  })),
);
const bytesPerSession: number[] = [];
for (let round = 0; round < effort.rounds; round++) {
  for (const backend of BACKENDS) await inStage(backend, (stage) => measureRound(stage, backend, round));
  await inStage('in memory', measureMemory);
  process.stderr.write(`cluster: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const result: ClusterResult = {
  ...environment(),
  effort,
  rows: cells.map(rowOf),
  bytesPerIdleSession: measured(bytesPerSession),
};
write(options, 'cluster', result);
console.table(
  result.rows.map(({ backend, concurrency, ownerToSingle, hopToSingle, ...row }) => ({
    backend,
    concurrency,
    'p50 ms: single, owner, hop': CONTESTANTS.map((name) => row[name].p50Ms).join(', '),
    'owner p50': interval(ownerToSingle.p50),
    'owner CPU': interval(ownerToSingle.serverCpu),
    'hop p50': interval(hopToSingle.p50),
    'hop CPU, both nodes': interval(hopToSingle.serverCpu),
  })),
);

async function inStage(backend: Backend, work: (stage: Stage) => Promise<void>): Promise<void> {
  const board = new LeaseBoard();
  const client = new Worker(new URL('./http/client.child.ts', import.meta.url), {});
  const [single, owner, edge] = [
    await NodeProcess.start({ isNode: false, backend }, board),
    await NodeProcess.start({ isNode: true, backend }, board),
    await NodeProcess.start({ isNode: true, backend }, board),
  ];
  try {
    await Promise.all([owner.knows(2), edge.knows(2)]);
    await work({ client, single, owner, edge });
  } finally {
    await Promise.all([client, single, owner, edge].map((each) => each.stop()));
  }
}

async function measureRound(stage: Stage, backend: Backend, round: number): Promise<void> {
  for (const [index, cell] of cells.filter((each) => each.backend === backend).entries()) {
    const calls = await warmUp(stage, cell, index === 0 ? effort.firstWarmUpMs : effort.warmUpMs);
    const turns: Record<Contestant, Measurement>[] = [];
    for (let at = 0; at < effort.turns; at++) {
      const turn = {} as Record<Contestant, Measurement>;
      for (const name of order(round + at)) turn[name] = await measure(stage, cell, name, calls);
      turns.push(turn);
    }
    cell.turns.push(turns);
  }
}

/** Has all compile what is measured, each for the same time. Gives how many calls make a batch. */
async function warmUp(stage: Stage, { concurrency }: Cell, forMs: number): Promise<number> {
  let callsPerMs = 0;
  for (const name of CONTESTANTS) {
    let calls = concurrency;
    for (let spentMs = 0; spentMs < forMs;) {
      const { wallMs } = await run(stage, name, concurrency, calls);
      spentMs += wallMs;
      if (name === 'single') callsPerMs = calls / wallMs;
      if (wallMs < forMs / 4) calls *= 2;
    }
  }
  return Math.max(effort.callsPerClient, Math.round((callsPerMs * effort.batchMs) / concurrency)) * concurrency;
}

async function measure(
  stage: Stage,
  { concurrency, latenciesMs: all }: Cell,
  name: Contestant,
  calls: number,
): Promise<Measurement> {
  const before = await cpuUs(stage, name);
  const { wallMs, latenciesMs } = await run(stage, name, concurrency, calls);
  const after = await cpuUs(stage, name);
  for (const latencyMs of latenciesMs) all[name].push(latencyMs);
  return {
    msPerCall: wallMs / calls,
    cpuMsPerCall: (after - before) / 1_000 / calls,
    p50Ms: median(latenciesMs),
  };
}

async function cpuUs({ single, owner, edge }: Stage, name: Contestant): Promise<number> {
  const nodes = { single: [single], owner: [owner], hop: [owner, edge] }[name];
  const figures = await Promise.all(nodes.map((node) => node.figures()));
  return figures.reduce((sum, { cpuUs: us }) => sum + us, 0);
}

function run(
  { client, single, owner, edge }: Stage,
  name: Contestant,
  concurrency: number,
  calls: number,
): Promise<BatchTimes> {
  const batch = { workload: 'echo', concurrency, calls } as const;
  const target = {
    single: { port: single.port },
    owner: { port: owner.port },
    hop: { port: edge.port, opensOn: owner.port },
  }[name];
  return client.ask<BatchTimes>({ ...batch, ...target } satisfies Batch);
}

async function measureMemory({ client, owner }: Stage): Promise<void> {
  const { idleSessions } = effort;
  const open = (count: number): Promise<BatchTimes> =>
    client.ask<BatchTimes>({ port: owner.port, workload: 'echo', concurrency: count, calls: count } satisfies Batch);
  // What is needed once is there before.
  await open(Math.ceil(idleSessions / 4));
  const before = (await owner.figures()).rssBytes;
  await open(idleSessions);
  const after = (await owner.figures()).rssBytes;
  bytesPerSession.push(Math.max(1, (after - before) / (idleSessions - Math.ceil(idleSessions / 4))));
}

function rowOf(cell: Cell): ClusterRow {
  const { backend, concurrency, turns } = cell;
  return {
    backend,
    concurrency,
    pairs: turns.flat().length,
    single: figures(cell, 'single'),
    owner: figures(cell, 'owner'),
    hop: figures(cell, 'hop'),
    ownerToSingle: ratios(cell, 'owner', 'single'),
    hopToSingle: ratios(cell, 'hop', 'single'),
  };
}

function interval({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
