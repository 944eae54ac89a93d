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
import { Client } from './client/client.js';
import {
  BACKENDS,
  CONTESTANTS,
  eraOf,
  WORKLOADS,
  type Backend,
  type Contestant,
  type ProxyJob,
  type Workload,
} from './eras/contestants.js';
import { interval } from './lib/bootstrap.js';
import { inRounds, measureInTurns, warmUpFor, type Target } from './lib/contest.js';
import { figures, notYetMeasured, ratios, type Measurements } from './lib/figures.js';
import { withProcesses } from './lib/processes.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { ErasResult, ErasRow } from './lib/results.js';
import { ServerProcess } from './lib/server-process.js';

interface Cell extends Measurements<Contestant> {
  readonly backend: Backend;
  readonly workload: Workload;
  readonly concurrency: number;
}

const options = optionsFromArguments();
const effort = options.brief
  ? { rounds: 1, turns: 2, batchMs: 2, callsPerClient: 2, firstWarmUpMs: 5, warmUpMs: 5 }
  : { rounds: 4, turns: 6, batchMs: 250, callsPerClient: 8, firstWarmUpMs: 4_000, warmUpMs: 1_500 };
const CONCURRENCIES = options.brief ? [1, 4] : [1, 16, 64];

const cells = BACKENDS.flatMap((backend) =>
  WORKLOADS.flatMap((workload) =>
    CONCURRENCIES.map((concurrency): Cell => ({ backend, workload, concurrency, ...notYetMeasured(CONTESTANTS) })),
  ),
);
await inRounds('eras', effort.rounds, async (round) => {
  for (const backend of BACKENDS) await measureRound(backend, round);
});

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

function measureRound(backend: Backend, round: number): Promise<void> {
  return withProcesses(async (keep) => {
    const client = keep(new Client());
    const modernBackend = keep(await ServerProcess.start(program('modern-backend'), {}));
    const targets = new Map<Contestant, Target<Cell>>();
    for (const name of CONTESTANTS) {
      const job = jobOf(name, backend, `http://127.0.0.1:${String(modernBackend.port)}/mcp`);
      const proxy = keep(await ServerProcess.start(program('proxy'), job));
      const era = eraOf(name, backend);
      targets.set(name, {
        run: ({ workload, concurrency }, calls) => client.run({ port: proxy.port, era, workload, concurrency, calls }),
        cpuUs: () => proxy.cpuUs(),
      });
    }
    const warmUp = warmUpFor(targets, 'base', effort);
    await measureInTurns(targets, inOrder(backend), { round, turns: effort.turns, warmUp });
  });
}

/**
 * Many calls at once come first: they have all compile. One asking call at a time would not, since the proxy waits for
 * more questions before it tells a modern client of the first.
 */
function inOrder(backend: Backend): Cell[] {
  return cells.filter((each) => each.backend === backend).sort((one, other) => other.concurrency - one.concurrency);
}

function jobOf(name: Contestant, backend: Backend, url: string): ProxyJob {
  if (backend !== 'modern') return { proxy: 'stateful', backend };
  return { proxy: name === 'base' ? 'reverse' : 'command', url };
}

function program(name: 'modern-backend' | 'proxy'): URL {
  return new URL(`./eras/${name}.child.ts`, import.meta.url);
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
