/**
 * Measures what clients that do not read cost a server, and the clients that do.
 *
 *     npm run bench:slow -- [--brief] [--out <folder>]
 *
 * The server is one of the SDK on our own transport, with the default `maxBufferedBytes`. Some clients open the
 * standalone stream and read nothing. The server writes notifications to all of them in turn. At first the kernel takes
 * the bytes, then they wait in the memory of the server. When too much waits for a client, its stream is ended, and what
 * is written later has no stream to go to. The writing goes on for four times as long, so that memory that still grows
 * shows. The engine collects garbage when it sees fit, and until then it counts: so, at the end, all of it is collected.
 *
 * All the while, other clients call a tool: before, without slow readers, and then next to them. They are closed-loop:
 * each waits for its answer before it calls again. The server, the slow readers and the callers are a process each, and
 * new ones in every round.
 */
import { environment } from '../suites/lib/environment.js';
import type { Batch } from './client/batch.js';
import { Client } from './client/client.js';
import { optionsFromArguments, write } from './lib/program.js';
import type { SlowResult } from './lib/results.js';
import { measured, median, percentile, type Measured } from './lib/statistics.js';
import { Worker } from './lib/worker.js';
import type { SlowJob, Written } from './slow/server.child.js';

interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Round {
  readonly written: Written;
  readonly alone: Latencies;
  readonly withSlow: Latencies;
}

const MEBIBYTE = 2 ** 20;
/** What the transport has if it is told nothing. */
const DEFAULT_MAX_BUFFERED_BYTES = 8 * MEBIBYTE;

const options = optionsFromArguments();
const effort = {
  messageBytes: 65_536,
  bytesPerSecond: 64_000_000,
  ...(options.brief
    ? {
        rounds: 1,
        slowClients: 2,
        callers: 2,
        maxBufferedBytes: MEBIBYTE,
        warmUpMs: 10,
        aloneMs: 50,
        writeForMs: 1_000,
      }
    : {
        rounds: 2,
        slowClients: 100,
        callers: 4,
        maxBufferedBytes: DEFAULT_MAX_BUFFERED_BYTES,
        warmUpMs: 4_000,
        aloneMs: 10_000,
        writeForMs: 100_000,
      }),
};
const CALLS_PER_BATCH = options.brief ? 10 : 200;
const SAMPLES = 20;

const rounds: Round[] = [];
for (let round = 0; round < effort.rounds; round++) {
  rounds.push(await measureRound());
  process.stderr.write(`slow: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const result: SlowResult = {
  ...environment(),
  effort,
  rssMiB: {
    start: over(({ written }) => written.samples[0]?.rssMiB),
    atLimit: over(({ written }) => written.atLimit?.rssMiB),
    mostAfterLimit: over(({ written }) => Math.max(...afterLimit(written))),
    end: over(({ written }) => written.samples.at(-1)?.rssMiB),
  },
  inUseMiB: over(({ written }) => written.inUseMiB),
  secondsToLimit: over(({ written }) => (written.atLimit?.ms ?? NaN) / 1_000),
  streamsEnded: over(({ written }) => written.streamsEnded),
  writtenMiBPerSecond: over(({ written }) => written.mebibytesPerSecond),
  alone: latencies('alone'),
  withSlow: latencies('withSlow'),
  rssOverTime: (rounds[0]?.written.samples ?? []).map(({ ms, rssMiB }) => ({
    seconds: Number((ms / 1_000).toFixed(1)),
    rssMiB: Math.round(rssMiB),
  })),
};
write(options, 'slow', result);
console.table(
  Object.entries(result.rssMiB).map(([when, rssMiB]) => ({ when, 'RSS MiB': rssMiB.median, most: rssMiB.max })),
);
console.table(
  (['alone', 'withSlow'] as const).map((callers) => ({
    callers,
    'p50 ms': result[callers].p50Ms.median,
    'p99 ms': result[callers].p99Ms.median,
    'streams ended': callers === 'withSlow' ? result.streamsEnded.median : 0,
  })),
);

async function measureRound(): Promise<Round> {
  const { bytesPerSecond, messageBytes, maxBufferedBytes, writeForMs, slowClients: clients } = effort;
  const sampleMs = writeForMs / SAMPLES;
  const job: SlowJob = { bytesPerSecond, messageBytes, maxBufferedBytes, sampleMs };
  const server = new Worker(new URL('./slow/server.child.ts', import.meta.url), job);
  const { port } = await server.next<{ readonly port: number }>();
  const callers = new Client();
  const workers = [callers, server];
  try {
    await call(callers, port, after(effort.warmUpMs));
    const alone = await call(callers, port, after(effort.aloneMs));
    const readers = new Worker(new URL('./slow/readers.child.ts', import.meta.url), { port, clients });
    workers.unshift(readers);
    await readers.next();
    const writing = server.ask<Written>({ writeForMs });
    const withSlow = await call(callers, port, writing);
    return { written: await writing, alone, withSlow };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Has the callers call until it is over, at least once. */
async function call(callers: Client, port: number, over: Promise<unknown>): Promise<Latencies> {
  const batch: Batch = { port, workload: 'echo', concurrency: effort.callers, calls: CALLS_PER_BATCH };
  const all: number[] = [];
  const aborter = new AbortController();
  const stop = (): void => aborter.abort();
  over.then(stop, stop);
  do {
    const { latenciesMs } = await callers.run(batch);
    for (const latencyMs of latenciesMs) all.push(latencyMs);
  } while (!aborter.signal.aborted);
  return { p50Ms: median(all), p99Ms: percentile(all, 0.99) };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function afterLimit({ samples, atLimit }: Written): number[] {
  return samples.filter(({ ms }) => atLimit !== undefined && ms >= atLimit.ms).map(({ rssMiB }) => rssMiB);
}

/** A limit that was not reached is an error: there is nothing to tell. */
function over(figure: (round: Round) => number | undefined): Measured {
  const values = rounds.map((round) => figure(round) ?? NaN);
  if (!values.every(Number.isFinite)) throw new Error('no stream was ended: the limit was not reached');
  return measured(values);
}

function latencies(callers: 'alone' | 'withSlow'): { readonly p50Ms: Measured; readonly p99Ms: Measured } {
  return { p50Ms: over((round) => round[callers].p50Ms), p99Ms: over((round) => round[callers].p99Ms) };
}
