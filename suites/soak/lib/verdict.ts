/** Checks that no message was lost or went to the wrong client, that nothing hung, and that nothing was left behind. */
import type { Receipts } from './receipts.js';
import type { Behalf, Tally } from './script.js';
import { slopeOf, type Sample } from './slope.js';
import { ended, type Metrics } from './target.js';
import type { Temper } from './visit.js';

/** A session that is over. */
export interface Visited {
  readonly tag: string;
  readonly temper: Temper;
  readonly tally: Tally;
  readonly receipts: Pick<Receipts, 'faults' | 'missing' | 'invented' | 'total'>;
  readonly faults: readonly string[];
}

/** What this client must have received: of the others, some is refused, and some is written to those who leave. */
const CERTAIN: Readonly<Record<Temper, readonly Behalf[]>> = {
  steady: ['call', 'none'],
  postOnly: ['call'],
  late: ['call'],
  flighty: [],
};

export function faultsOf({ tag, temper, tally, receipts, faults }: Visited): string[] {
  const found = [...faults, ...receipts.faults, ...tally.complaints];
  for (const behalf of ['call', 'none'] as const) {
    const invented = receipts.invented(behalf, tally.sent[behalf]);
    if (invented.length > 0) found.push(`${tag}: nobody sent ${behalf} ${invented.join()}`);
  }
  for (const behalf of CERTAIN[temper]) {
    const missing = receipts.missing(behalf, tally.sent[behalf]);
    if (missing.length > 0) found.push(`${tag} (${temper}) never received ${behalf} ${missing.join()}`);
    const { refused, timedOut, withdrawn } = tally.questions[behalf];
    if (refused + timedOut + withdrawn > 0)
      found.push(`${tag} (${temper}): ${refused} refused, ${timedOut} timed out, ${withdrawn} withdrawn of ${behalf}`);
  }
  return found;
}

export function sentBy({ sent }: Tally): number {
  return sent.call + sent.none;
}

/** Every message that backends sent has come to one end, and nothing is left. */
export function imbalances(name: string, sent: number, received: number, { routes, gauges }: Metrics): string[] {
  const found: string[] = [];
  if (ended(routes) !== sent)
    found.push(`${name}: ${sent} sent, but ${ended(routes)} delivered or reported: ${JSON.stringify(routes)}`);
  if (received > (routes['delivered'] ?? 0))
    found.push(`${name}: ${received} received, but only ${routes['delivered'] ?? 0} delivered`);
  for (const [gauge, value] of Object.entries(gauges))
    if (value !== 0) found.push(`${name}: ${gauge} is ${value} at the end`);
  return found;
}

/** The first part of the time, in which caches fill and code is compiled. */
const WARM_UP = 0.25;

/** Below this, the compiler is louder than any leak. */
const SHORTEST_SECONDS = 120;

/**
 * How much the heap may grow from the end of the warm-up to the end of the run, by the line through the
 * measurements. To keep one small object of each message of a long run would be many times that.
 */
export const MAX_RISE_BYTES = 4 * 1024 * 1024;

export interface Growth {
  readonly samples: number;
  readonly seconds: number;
  readonly firstBytes: number;
  readonly lastBytes: number;
  readonly bytesPerMinute: number;
  readonly riseBytes: number;
  readonly isJudged: boolean;
}

export function growthOf(heap: readonly Sample[]): Growth {
  const start = (heap.at(-1)?.seconds ?? 0) * WARM_UP;
  const samples = heap.filter(({ seconds }) => seconds >= start);
  const [first, last] = [samples[0] ?? { seconds: 0, bytes: 0 }, samples.at(-1) ?? { seconds: 0, bytes: 0 }];
  const seconds = last.seconds - first.seconds;
  const slope = slopeOf(samples);
  return {
    samples: samples.length,
    seconds: Math.round(seconds),
    firstBytes: first.bytes,
    lastBytes: last.bytes,
    bytesPerMinute: Math.round(slope * 60),
    riseBytes: Math.round(slope * seconds),
    isJudged: last.seconds >= SHORTEST_SECONDS,
  };
}

export function leaks(name: string, growth: Growth): string[] {
  return growth.isJudged && growth.riseBytes > MAX_RISE_BYTES
    ? [`${name}: the heap has grown by ${growth.riseBytes} bytes in ${growth.seconds} s, ${MAX_RISE_BYTES} are allowed`]
    : [];
}

/** Whether a run may take the place of the result that is told. */
export function isLong(minutes: number, messages: number): boolean {
  return minutes >= 10 && messages >= 1_000_000;
}
