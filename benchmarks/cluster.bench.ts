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
import { Client } from './client/client.js';
import { BACKENDS, CONTESTANTS, type Backend, type Contestant } from './cluster/contestants.js';
import { LeaseBoard, NodeProcess } from './cluster/node.js';
import { interval } from './lib/bootstrap.js';
import { inRounds, measureInTurns, warmUpFor, type Target } from './lib/contest.js';
import { figures, notYetMeasured, ratios, type Measurements } from './lib/figures.js';
import { withProcesses } from './lib/processes.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { ClusterResult, ClusterRow } from './lib/results.js';
import { measured } from './lib/statistics.js';

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
  readonly client: Client;
  readonly single: NodeProcess;
  readonly owner: NodeProcess;
  readonly edge: NodeProcess;
}

const cells = BACKENDS.flatMap((backend) =>
  CONCURRENCIES.map((concurrency): Cell => ({ backend, concurrency, ...notYetMeasured(CONTESTANTS) })),
);
const bytesPerSession: number[] = [];
await inRounds('cluster', effort.rounds, async (round) => {
  for (const backend of BACKENDS) await inStage(backend, (stage) => measureRound(stage, backend, round));
  await inStage('in memory', measureMemory);
});

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

function inStage(backend: Backend, work: (stage: Stage) => Promise<void>): Promise<void> {
  return withProcesses(async (keep) => {
    const board = new LeaseBoard();
    const client = keep(new Client());
    const single = keep(await NodeProcess.start({ isNode: false, backend }, board));
    const owner = keep(await NodeProcess.start({ isNode: true, backend }, board));
    const edge = keep(await NodeProcess.start({ isNode: true, backend }, board));
    await Promise.all([owner.knows(2), edge.knows(2)]);
    await work({ client, single, owner, edge });
  });
}

async function measureRound({ client, single, owner, edge }: Stage, backend: Backend, round: number): Promise<void> {
  const targets = new Map<Contestant, Target<Cell>>([
    ['single', target(client, single)],
    ['owner', target(client, owner)],
    ['hop', target(client, edge, owner)],
  ]);
  const ofBackend = cells.filter((each) => each.backend === backend);
  const warmUp = warmUpFor(targets, 'single', effort);
  await measureInTurns(targets, ofBackend, { round, turns: effort.turns, warmUp });
}

/** @param owner where the sessions are opened */
function target(client: Client, called: NodeProcess, owner = called): Target<Cell> {
  return {
    run: ({ concurrency }, calls) =>
      client.run({ port: called.port, opensOn: owner.port, workload: 'echo', concurrency, calls }),
    cpuUs: async () => {
      const spent = await Promise.all([...new Set([called, owner])].map((node) => node.figures()));
      return spent.reduce((sum, { cpuUs }) => sum + cpuUs, 0);
    },
  };
}

async function measureMemory({ client, owner }: Stage): Promise<void> {
  const { idleSessions } = effort;
  const open = (count: number): Promise<unknown> =>
    client.run({ port: owner.port, workload: 'echo', concurrency: count, calls: count });
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
