/**
 * What routing costs, per message, on a transport that does nothing.
 *
 *     npm run bench -- [--brief] [--out <folder>]
 *
 * How noise is kept out, or made to hit all alike:
 * - Time is the processor time of the process, garbage collection included.
 * - The variants of one process run interleaved, pass by pass, in changing order.
 * - The processes run one after another, round by round. A ratio is taken within a round, and the
 *   spread is that of the rounds, so that it includes what differs from process to process.
 *
 * Why several processes: on Node 20 and 22 the first `AsyncLocalStorage.run()` slows down every promise
 * of its process. What runs without an async context is measured where there is none; it is the
 * yardstick for what runs with one, and so the whole cost of the context is in the ratio. And 100,000
 * requests in flight make garbage collection dearer for whoever shares the heap with them.
 */
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { environment } from './lib/environment.js';
import type { IdleBytes } from './lib/heap.js';
import { measured, ratio, type Measured } from './lib/statistics.js';
import type { VariantName } from './lib/variants.js';
import type { CycleTimes, Job } from './routing.child.js';

const IN_FLIGHT = [1, 1_000, 100_000] as const;
const WITHOUT_CONTEXT: readonly VariantName[] = ['bare', 'hand-written', 'ours, last-inbound'];
const WITH_CONTEXT: readonly VariantName[] = [
  'bare',
  'hand-written',
  'ours, context',
  'ours, context, routes$ observed',
  'ours, context, write order',
];

/** One variant at one number of requests in flight. */
interface Row {
  readonly variant: VariantName;
  /** Whether an async context is in use in the process. */
  readonly context: boolean;
  readonly inFlight: number;
  readonly nsPerMessage: Measured;
  /** To the hand-written wrapper in a process without async context. */
  readonly toHandWritten: Measured;
  /** To the hand-written wrapper in the same process. */
  readonly toHandWrittenInProcess: Measured;
  /** To the same variant with one request in flight. */
  readonly toOneInFlight: Measured;
}

interface Series {
  readonly variant: VariantName;
  readonly context: boolean;
  readonly inFlight: number;
  readonly values: number[];
}

const { values: options } = parseArgs({
  options: {
    brief: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
  },
});
const effort = options.brief
  ? { rounds: 1, passes: 1, passMs: 1, sessions: 100 }
  : { rounds: 7, passes: 5, passMs: 150, sessions: 10_000 };

const series = IN_FLIGHT.flatMap((inFlight) => [
  ...WITHOUT_CONTEXT.map((variant): Series => ({ variant, context: false, inFlight, values: [] })),
  ...WITH_CONTEXT.map((variant): Series => ({ variant, context: true, inFlight, values: [] })),
]);
for (let round = 0; round < effort.rounds; round++) {
  for (const inFlight of IN_FLIGHT) {
    for (const context of [false, true]) {
      const variants = context ? WITH_CONTEXT : WITHOUT_CONTEXT;
      const { passes, passMs } = effort;
      const times = await inProcess<CycleTimes>({ measure: 'cycle', variants, inFlight, passes, passMs });
      for (const variant of variants) find(variant, context, inFlight).push(times[variant] ?? NaN);
    }
  }
  process.stderr.write(`round ${String(round + 1)} of ${String(effort.rounds)}\n`);
}
const rows = series.map(({ variant, context, inFlight, values }): Row => ({
  variant,
  context,
  inFlight,
  nsPerMessage: measured(values),
  toHandWritten: ratio(values, find('hand-written', false, inFlight)),
  toHandWrittenInProcess: ratio(values, find('hand-written', context, inFlight)),
  toOneInFlight: ratio(values, find(variant, context, 1)),
}));
const heap = await inProcess<Record<string, IdleBytes>>({ measure: 'heap', sessions: effort.sessions });

const result = { ...environment(), effort, cycle: rows, bytesPerIdleSession: heap };
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, 'routing.json'), `${JSON.stringify(result, undefined, 2)}\n`);
print();

function find(variant: VariantName, context: boolean, inFlight: number): number[] {
  const found = series.find((s) => s.variant === variant && s.context === context && s.inFlight === inFlight);
  if (found === undefined) throw new Error(`${variant} is not measured`);
  return found.values;
}

async function inProcess<R>(job: Job): Promise<R> {
  const child = fork(fileURLToPath(new URL('./routing.child.ts', import.meta.url)), [JSON.stringify(job)]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as R));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process that measures ended with ${String(code)}`)));
  });
}

function print(): void {
  console.table(
    rows.map(({ variant, context, inFlight, nsPerMessage, toHandWritten, toOneInFlight }) => ({
      variant: context && !variant.startsWith('ours') ? `${variant} (context in use)` : variant,
      'in flight': inFlight,
      'ns/message': `${String(nsPerMessage.median)} (${String(nsPerMessage.min)}–${String(nsPerMessage.max)})`,
      '× hand-written': toHandWritten.median,
      '× 1 in flight': toOneInFlight.median,
    })),
  );
  console.log('bytes of heap per idle session, beyond a bare transport');
  console.table(heap);
}
