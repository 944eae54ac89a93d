/**
 * Measures what it costs a proxy that its client is of revision 2026-07-28, and its backend is not.
 *
 *     npm run bench:eras -- [--brief] [--out <folder>]
 *
 * A legacy client and a modern one call the same tools of the same backend. A plain call is answered at once. During an
 * asking call, the backend asks the user once: the legacy client answers while its call is open, and the modern client
 * sends its call once more, with the answer. Each client has a proxy that is a process of its own, and the clients are
 * another. Calls come in batches. In each turn, each of the two gets one batch, right after the other, in a changing
 * order, and ratios are taken within a turn. Each round starts new processes.
 *
 * In front of a modern backend, both clients are modern. The base is a reverse proxy that reads the JSON of each request
 * and does nothing else, and the other is the command.
 *
 * The processor time is that of the proxy alone. That of backends over stdio does not count. All processes share the
 * cores of one machine, so with many calls at once the wall clock also measures the client and the backends.
 */
import { environment } from '../suites/lib/environment.js';
import {
  BACKENDS,
  CONTESTANTS,
  eraOf,
  order,
  WORKLOADS,
  type Backend,
  type Batch,
  type Contestant,
  type ProxyJob,
  type Spent,
  type Workload,
} from './eras/contestants.js';
import type { BatchTimes } from './http/workloads.js';
import type { PairedRatio } from './lib/bootstrap.js';
import { figures, ratios, type Measurement, type Measurements } from './lib/figures.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { ErasResult, ErasRow } from './lib/results.js';
import { median } from './lib/statistics.js';
import { Worker } from './lib/worker.js';

interface Cell extends Measurements<Contestant> {
  readonly backend: Backend;
  readonly workload: Workload;
  readonly concurrency: number;
}

interface Proxy {
  readonly worker: Worker;
  readonly port: number;
}

interface Stage {
  readonly client: Worker;
  readonly proxies: Readonly<Record<Contestant, Proxy>>;
}

const options = optionsFromArguments();
const effort = options.brief
  ? { rounds: 1, turns: 2, batchMs: 2, callsPerClient: 2, firstWarmUpMs: 5, warmUpMs: 5 }
  : { rounds: 4, turns: 6, batchMs: 250, callsPerClient: 8, firstWarmUpMs: 4_000, warmUpMs: 1_500 };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];

const cells = BACKENDS.flatMap((backend) =>
  WORKLOADS.flatMap((workload) =>
    CONCURRENCIES.map((concurrency): Cell => ({
      backend,
      workload,
      concurrency,
      turns: [],
      latenciesMs: { base: [], modern: [] },
    })),
  ),
);
for (let round = 0; round < effort.rounds; round++) {
  for (const backend of BACKENDS) await measureRound(backend, round);
  process.stderr.write(`eras: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const result: ErasResult = { ...environment(), effort, rows: cells.map(rowOf) };
write(options, 'eras', result);
console.table(
  result.rows.map(({ backend, workload, concurrency, base, modern, modernToBase }) => ({
    backend,
    workload,
    concurrency,
    'p50 ms': `${String(base.p50Ms)} → ${String(modern.p50Ms)}`,
    'CPU ms': `${String(base.serverCpuMsPerCall)} → ${String(modern.serverCpuMsPerCall)}`,
    p50: interval(modernToBase.p50),
    CPU: interval(modernToBase.serverCpu),
  })),
);

async function measureRound(backend: Backend, round: number): Promise<void> {
  const client = new Worker(program('client'), {});
  const modernBackend = new Worker(program('modern-backend'), {});
  const { port } = await modernBackend.next<{ readonly port: number }>();
  const proxies = await startProxies(backend, `http://127.0.0.1:${String(port)}/mcp`);
  const stage: Stage = { client, proxies };
  try {
    for (const [index, cell] of inOrder(backend).entries()) {
      const calls = await warmUp(stage, cell, index === 0 ? effort.firstWarmUpMs : effort.warmUpMs);
      const turns: Record<Contestant, Measurement>[] = [];
      for (let at = 0; at < effort.turns; at++) {
        const turn = {} as Record<Contestant, Measurement>;
        for (const name of order(round + at)) turn[name] = await measure(stage, cell, name, calls);
        turns.push(turn);
      }
      cell.turns.push(turns);
    }
  } finally {
    const workers = [client, proxies.base.worker, proxies.modern.worker, modernBackend];
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/**
 * Many calls at once come first: they have all compile. One asking call at a time would not, since the proxy waits for
 * more questions before it tells a modern client of the first.
 */
function inOrder(backend: Backend): Cell[] {
  return cells.filter((each) => each.backend === backend).sort((one, other) => other.concurrency - one.concurrency);
}

async function start(job: ProxyJob): Promise<Proxy> {
  const worker = new Worker(program('proxy'), job);
  return { worker, ...(await worker.next<{ readonly port: number }>()) };
}

async function startProxies(backend: Backend, url: string): Promise<Stage['proxies']> {
  if (backend === 'modern')
    return { base: await start({ proxy: 'reverse', url }), modern: await start({ proxy: 'command', url }) };
  const job = { proxy: 'stateful', backend } as const;
  return { base: await start(job), modern: await start(job) };
}

function program(name: 'client' | 'modern-backend' | 'proxy'): URL {
  return new URL(`./eras/${name}.child.ts`, import.meta.url);
}

/** Has all compile what is measured, each for the same time. Gives how many calls make a batch. */
async function warmUp(stage: Stage, cell: Cell, forMs: number): Promise<number> {
  const { concurrency } = cell;
  let callsPerMs = 0;
  for (const name of CONTESTANTS) {
    let calls = concurrency;
    for (let spentMs = 0; spentMs < forMs;) {
      const { wallMs } = await run(stage, cell, name, calls);
      spentMs += wallMs;
      if (name === 'base') callsPerMs = calls / wallMs;
      if (wallMs < forMs / 4) calls *= 2;
    }
  }
  return Math.max(effort.callsPerClient, Math.round((callsPerMs * effort.batchMs) / concurrency)) * concurrency;
}

async function measure(stage: Stage, cell: Cell, name: Contestant, calls: number): Promise<Measurement> {
  const { worker } = stage.proxies[name];
  const before = await worker.ask<Spent>({});
  const { wallMs, latenciesMs } = await run(stage, cell, name, calls);
  const after = await worker.ask<Spent>({});
  for (const latencyMs of latenciesMs) cell.latenciesMs[name].push(latencyMs);
  return {
    msPerCall: wallMs / calls,
    cpuMsPerCall: (after.cpuUs - before.cpuUs) / 1_000 / calls,
    p50Ms: median(latenciesMs),
  };
}

function run({ client, proxies }: Stage, cell: Cell, name: Contestant, calls: number): Promise<BatchTimes> {
  const { workload, concurrency } = cell;
  const batch: Batch = { port: proxies[name].port, era: eraOf(name, cell.backend), workload, concurrency, calls };
  return client.ask<BatchTimes>(batch);
}

function rowOf(cell: Cell): ErasRow {
  const { backend, workload, concurrency, turns } = cell;
  return {
    backend,
    workload,
    concurrency,
    pairs: turns.flat().length,
    base: figures(cell, 'base'),
    modern: figures(cell, 'modern'),
    modernToBase: ratios(cell, 'modern', 'base'),
  };
}

function interval({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
