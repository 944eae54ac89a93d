/**
 * Measures the cost of routing per message, on a transport that does nothing.
 *
 *     npm run bench -- [--brief] [--out <folder>]
 *
 * A message is a quarter of a cycle: a call comes in, a server request goes out, its answer comes in, the result goes
 * out.
 *
 * How noise is kept out, or made to affect all variants alike:
 * - Time is the processor time of the process, including garbage collection. The time of a pass is divided by its
 *   messages. The result is the median of the passes, and then the median of the rounds.
 * - The variants in one process take turns, pass by pass, in changing order.
 * - The processes run one after another, round by round, in changing order. Ratios are taken within a round. The spread
 *   is taken over the rounds, so it includes the differences between processes.
 *
 * Why there are several processes: on Node 20 and 22 the first `AsyncLocalStorage.run()` slows down every promise of
 * its process. Variants without an async context are measured in a process that has none. Variants with one are
 * compared with these, so the ratio includes the whole cost of the context. Also, 100,000 requests in flight make
 * garbage collection more expensive for everything that shares their heap.
 */
import { environment } from '../suites/lib/environment.js';
import { HEAP_VARIANTS } from './lib/heap.js';
import { inChild } from './lib/worker.js';
import { nameOfResult, optionsFromArguments, write } from './lib/program.js';
import type { CycleRow, SessionRow } from './lib/results.js';
import { SESSION_KINDS, SESSION_VARIANTS, type SessionKind } from './lib/sessions.js';
import { measured, ratio, type Measured } from './lib/statistics.js';
import { inTurn } from './lib/turns.js';
import type { VariantName } from './lib/variants.js';
import type { Bytes, CycleTimes, Job } from './routing.child.js';

const options = optionsFromArguments();
const resultName = nameOfResult(options, 'routing');
const effort = options.brief
  ? { rounds: 1, passes: 1, passMs: 1, warmUpMs: 1, sessions: 100, requests: 100 }
  : { rounds: 5, passes: 5, passMs: 60, warmUpMs: 500, sessions: 10_000, requests: 100_000 };
const COUNTS = options.brief ? [1, 10] : [1, 1_000, 100_000];

/** What is in use in a process that measures, and what is measured in it. */
const PROCESSES = {
  plain: ['bare', 'hand-written', 'ours, last-inbound'],
  context: [
    'bare',
    'hand-written',
    'ours, context',
    'ours, context, routes$ observed',
    'ours, context, write order',
    'ours, everything on',
  ],
  'context, debug': ['hand-written', 'ours, everything on, debug'],
} as const satisfies Record<string, readonly VariantName[]>;
type ProcessName = keyof typeof PROCESSES;
const PROCESS_NAMES = Object.keys(PROCESSES) as ProcessName[];

const TIMING =
  'processor time, garbage collection included: that of a pass, divided by its messages, and the median of the passes';

/** Nanoseconds per message, one value for each round. */
const series = new Map<string, number[]>();
const heaps: Bytes[] = [];
for (let round = 0; round < effort.rounds; round++) {
  for (const count of inTurn(COUNTS, round)) {
    for (const name of inTurn(PROCESS_NAMES, round)) await cycle(name, count);
    for (const kind of inTurn(SESSION_KINDS, round)) await sessions(kind, count);
  }
  heaps.push(await inProcess<Bytes>({ measure: 'heap', sessions: effort.sessions, requests: effort.requests }));
  process.stderr.write(`${resultName}: round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}

const cycleRows = COUNTS.flatMap((inFlight) =>
  PROCESS_NAMES.flatMap((name) =>
    PROCESSES[name].map((variant): CycleRow => {
      const values = of(name, variant, inFlight);
      return {
        process: name,
        variant,
        inFlight,
        nsPerMessage: measured(values),
        toHandWritten: ratio(values, of('plain', 'hand-written', inFlight)),
        toHandWrittenInProcess: ratio(values, of(name, 'hand-written', inFlight)),
        toOneInFlight: ratio(values, of(name, variant, 1)),
      };
    }),
  ),
);
const sessionRows = COUNTS.flatMap((count) =>
  SESSION_KINDS.flatMap((kind) =>
    SESSION_VARIANTS.map((variant): SessionRow => {
      const values = of(kind, variant, count);
      return {
        kind,
        variant,
        sessions: count,
        nsPerMessage: measured(values),
        toHandWrittenInProcess: ratio(values, of(kind, 'hand-written', count)),
        toOneSession: ratio(values, of(kind, variant, 1)),
      };
    }),
  ),
);
const byVariant = <T>(figure: (variant: string) => T): Record<string, T> =>
  Object.fromEntries(HEAP_VARIANTS.map((variant) => [variant, figure(variant)]));
const bytes = {
  perIdleSession: byVariant((variant) => ({
    connected: heap(({ perIdleSession }) => perIdleSession[variant]?.connected),
    used: heap(({ perIdleSession }) => perIdleSession[variant]?.used),
  })),
  perRequestInFlight: byVariant((variant) => heap(({ perRequestInFlight }) => perRequestInFlight[variant])),
};

write(options, resultName, {
  ...environment(),
  timing: TIMING,
  effort,
  cycle: cycleRows,
  sessions: sessionRows,
  bytes,
});
print();

async function cycle(name: ProcessName, inFlight: number): Promise<void> {
  const { passes, passMs, warmUpMs } = effort;
  const variants = PROCESSES[name];
  const isDebugged = name === 'context, debug';
  const times = await inProcess<CycleTimes>({
    measure: 'cycle',
    variants,
    inFlight,
    passes,
    passMs,
    warmUpMs,
    debug: isDebugged,
  });
  for (const variant of variants) of(name, variant, inFlight).push(times[variant] ?? NaN);
}

async function sessions(kind: SessionKind, count: number): Promise<void> {
  const { passes, passMs, warmUpMs } = effort;
  const times = await inProcess<CycleTimes>({ measure: 'sessions', kind, sessions: count, passes, passMs, warmUpMs });
  for (const variant of SESSION_VARIANTS) of(kind, variant, count).push(times[variant] ?? NaN);
}

function of(where: ProcessName | SessionKind, variant: VariantName, count: number): number[] {
  const key = [where, variant, count].join('|');
  const found = series.get(key) ?? [];
  series.set(key, found);
  return found;
}

function heap(figure: (bytes: Bytes) => number | undefined): Measured {
  return measured(heaps.map((bytes) => figure(bytes) ?? NaN));
}

function inProcess<R>(job: Job): Promise<R> {
  return inChild<R>(new URL('./routing.child.ts', import.meta.url), job);
}

function print(): void {
  console.log('processor time of a message: a cycle (call, question, answer, result) is four of them');
  console.table(
    cycleRows.map(({ process: where, variant, inFlight, nsPerMessage, toHandWritten, toOneInFlight }) => ({
      variant: variant.startsWith('ours') ? variant : `${variant} (${where})`,
      'in flight': inFlight,
      'ns/message': spread(nsPerMessage),
      '× hand-written': toHandWritten.median,
      '× 1 in flight': toOneInFlight.median,
    })),
  );
  console.table(
    sessionRows.map(({ kind, variant, sessions: count, nsPerMessage, toHandWrittenInProcess, toOneSession }) => ({
      variant: `${variant}, ${kind}`,
      sessions: count,
      'ns/message': spread(nsPerMessage),
      '× hand-written': toHandWrittenInProcess.median,
      '× 1 session': toOneSession.median,
    })),
  );
  console.log(
    'bytes of heapUsed after forced garbage collection, less those of a bare transport: per idle session, per request in flight',
  );
  console.table(
    HEAP_VARIANTS.map((variant) => ({
      variant,
      connected: spread(bytes.perIdleSession[variant]?.connected),
      used: spread(bytes.perIdleSession[variant]?.used),
      'in flight': spread(bytes.perRequestInFlight[variant]),
    })),
  );
}

function spread(figure: Measured | undefined): string {
  if (figure === undefined) return '';
  const { median, min, max } = figure;
  return `${String(median)} (${String(min)}–${String(max)})`;
}
