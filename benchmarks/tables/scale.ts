import type { ScaleBurst, ScaleResult } from '../lib/results.js';
import type { Measured } from '../lib/statistics.js';
import { digits, many, markdownTable, spread } from './markdown.js';

/** What the variants are, for who does not know the benchmark. */
const VARIANTS: Readonly<Record<string, string>> = {
  'hand-written': 'a transport with a hand-written wrapper, piped by hand',
  ours: 'a wrapped transport, piped by hand',
  createStatefulProxy: '`createStatefulProxy`',
};

export function scaleVariant(variant: string): string {
  return VARIANTS[variant] ?? variant;
}

/** Many sessions in one process, of which a part is asked a question at once. `undefined`: not measured. */
export function scaleTable({ burst }: ScaleResult): string | undefined {
  const [first] = burst;
  if (first === undefined) return undefined;
  const has = (figure: 'holdsLoopMs' | 'loopDelayP99Ms'): boolean => burst.some((own) => own[figure] !== undefined);
  const columns: readonly (readonly [string, (own: ScaleBurst) => string])[] = [
    ['all delivered, ms', ({ deliveredMs }) => spread(deliveredMs)],
    ['all answered and completed, ms', ({ completedMs }) => spread(completedMs)],
    ...(has('loopDelayP99Ms')
      ? ([['event-loop delay p99, ms', ({ loopDelayP99Ms }: ScaleBurst) => figureOf(loopDelayP99Ms)]] as const)
      : []),
    ...(has('holdsLoopMs')
      ? ([['longest event-loop delay, ms', ({ holdsLoopMs }: ScaleBurst) => figureOf(holdsLoopMs)]] as const)
      : []),
    ['heap, MiB', ({ heapMiB }) => digits(heapMiB.median)],
  ];
  const table = markdownTable(
    [`${many(first.open)} of ${many(first.sessions)} sessions asked at once`, ...columns.map(([head]) => head)],
    burst.map((own) => [scaleVariant(own.variant), ...columns.map(([, cell]) => cell(own))]),
  );
  const notes = [
    'Clients and backends run in memory in the same process, and every figure includes them.',
    ...(has('holdsLoopMs')
      ? ['Event-loop delays cover the whole burst, from the first question to the last result.']
      : []),
  ];
  return `${table}\n\n${notes.join(' ')}`;
}

function figureOf(figure: Measured | undefined): string {
  return figure === undefined ? '' : spread(figure);
}
