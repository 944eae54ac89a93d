/**
 * Measures what many sessions cost in one process: 10,000 sessions, of which 1,000 are asked a question at once.
 *
 *     npm run bench:scale -- [--brief] [--out <folder>]
 *
 * Each session has a web-standard Streamable HTTP transport of the SDK and a backend in memory. The transport is bare
 * or wrapped, and piped to the backend by hand. Or `createStatefulProxy` wraps and pipes the transports of all sessions
 * of its process, with all its guards and counters.
 *
 * There are no sockets, because 10,000 connections would measure the kernel. The transport is real, with its streams
 * and its encoding, because a stand-in would make the wrapper look more or less expensive than it is. Clients and
 * backends run in the same process and are part of every figure. The hand-written wrapper is measured in the same way,
 * so compare figures with its figures.
 *
 * Every variant at every size gets a process of its own. The processes run one after another, round by round.
 */
import { inTurn } from './lib/turns.js';
import { environment } from '../suites/lib/environment.js';
import { nameOfResult, optionsFromArguments, write } from './lib/program.js';
import type { ScaleResult, ScaleRow } from './lib/results.js';
import { measured, ratio, type Measured } from './lib/statistics.js';
import { inChild } from './lib/worker.js';
import type { Burst, ProcessResult, ScaleJob } from './scale/scale.child.js';
import type { ScaleVariant } from './scale/session.js';

const options = optionsFromArguments();
const resultName = nameOfResult(options, 'scale');
const effort = options.brief
  ? { rounds: 1, warmUpCycles: 20, passes: 1, passMs: 1, open: 10 }
  : { rounds: 3, warmUpCycles: 10_000, passes: 3, passMs: 250, open: 1_000 };
const SIZES = options.brief ? [10, 20] : [10, 100, 1_000, 10_000];
const SMALLEST = Math.min(...SIZES);
const LARGEST = Math.max(...SIZES);
const VARIANTS = ['hand-written', 'ours', 'createStatefulProxy'] as const;

const series = new Map<string, ProcessResult[]>();
for (let round = 0; round < effort.rounds; round++) {
  for (const sessions of inTurn(SIZES, round))
    for (const variant of inTurn(VARIANTS, round)) await measure(variant, sessions);
  await measure('bare', LARGEST);
  process.stderr.write(`${resultName}: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const rows = SIZES.flatMap((sessions) =>
  VARIANTS.map((variant): ScaleRow => ({
    variant,
    sessions,
    usPerMessage: measured(costs(variant, sessions)),
    toHandWritten: ratio(costs(variant, sessions), costs('hand-written', sessions)),
    toFewest: ratio(costs(variant, sessions), costs(variant, SMALLEST)),
  })),
);
const bytes = Object.fromEntries(
  VARIANTS.map((variant) => [
    variant,
    measured(beyondBare(of(variant, LARGEST).map((result) => result.bytesPerSession))),
  ]),
);
const result: ScaleResult = {
  ...environment(),
  effort,
  transport: 'WebStandardStreamableHTTPServerTransport',
  cost: rows,
  burst: VARIANTS.map((variant) => ({ variant, sessions: LARGEST, open: effort.open, ...bursts(variant) })),
  /** Of a bare session, its client and its backend in memory. */
  bytesPerBareSession: measured(bare()),
  bytesPerIdleSessionBeyondBare: bytes,
};
write(options, resultName, result);
console.table(
  rows.map(({ variant, sessions, usPerMessage, toHandWritten, toFewest }) => ({
    variant,
    sessions,
    'µs CPU/message': usPerMessage.median,
    '× hand-written': toHandWritten.median,
    [`× ${String(SMALLEST)} sessions`]: toFewest.median,
  })),
);
console.table(
  result.burst.map(({ variant, deliveredMs, completedMs, holdsLoopMs, loopDelayP99Ms, heapMiB }) => ({
    variant,
    'all delivered ms': deliveredMs.median,
    'all completed ms': completedMs.median,
    'holds the loop for ms': holdsLoopMs?.median,
    'loop delay p99 ms': loopDelayP99Ms?.median,
    'heap MiB': heapMiB.median,
    'bytes/idle session beyond bare': bytes[variant]?.median,
  })),
);

async function measure(variant: ScaleVariant, sessions: number): Promise<void> {
  const { warmUpCycles, passes, passMs } = effort;
  const open = sessions === LARGEST ? effort.open : 0;
  const job: ScaleJob = { variant, sessions, open, warmUpCycles, passes, passMs };
  of(variant, sessions).push(await inChild<ProcessResult>(new URL('./scale/scale.child.ts', import.meta.url), job));
}

function of(variant: ScaleVariant, sessions: number): ProcessResult[] {
  const key = `${variant}|${String(sessions)}`;
  const found = series.get(key) ?? [];
  series.set(key, found);
  return found;
}

function costs(variant: ScaleVariant, sessions: number): number[] {
  return of(variant, sessions).map(({ usPerMessage }) => usPerMessage ?? NaN);
}

function bare(): number[] {
  return of('bare', LARGEST).map(({ bytesPerSession }) => bytesPerSession);
}

function beyondBare(values: readonly number[]): number[] {
  return values.map((value, round) => value - (bare()[round] ?? NaN));
}

function bursts(variant: ScaleVariant): Record<keyof Burst, Measured> {
  const figure = (name: keyof Burst): Measured =>
    measured(of(variant, LARGEST).map(({ burst }) => burst?.[name] ?? NaN));
  return {
    deliveredMs: figure('deliveredMs'),
    completedMs: figure('completedMs'),
    holdsLoopMs: figure('holdsLoopMs'),
    loopDelayP99Ms: figure('loopDelayP99Ms'),
    heapMiB: figure('heapMiB'),
  };
}
