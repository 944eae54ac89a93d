/** What it costs a proxy to be watched. */
import type { TelemetryResult, TelemetryRow } from '../lib/results.js';
import { digits, interval, markdownTable } from './markdown.js';

/** At most so many times the processor time of a proxy that nobody watches. */
const METRICS_AIM = 1.1;

/** The same, of the proxy that nobody watches to one that could not be watched. */
const UNWATCHED_AIM = 1.02;

const CAPTION = [
  'A legacy client calls the tools of a backend in memory, through proxies that differ in who watches them.',
  'Ratios are to the proxy that nobody watches, within a turn.',
  'A plain call is answered at once; during an asking call, the backend asks the user once.',
  'The spans are made by the official SDK, and are discarded instead of sent.',
  '`before` is a build without `events$`.',
].join(' ');

export function telemetryTable({ rows }: TelemetryResult): string {
  const table = markdownTable(
    ['a call, and who watches', 'processor time', 'p50', 'processor time, ms', 'p50, ms', 'met'],
    rows.map((row) => {
      const { workload, concurrency, watched, figures, toUnwatched } = row;
      return [
        `${workload}, ${watched}, ${String(concurrency)} at once`,
        toUnwatched === null ? '' : interval(toUnwatched.serverCpu),
        toUnwatched === null ? '' : interval(toUnwatched.p50),
        digits(figures.serverCpuMsPerCall),
        digits(figures.p50Ms),
        met(row),
      ];
    }),
  );
  return `${CAPTION}\n\n${table}\n\nThe aims: with metrics at most ${String(METRICS_AIM)} × the processor time, and unwatched at most ${String(UNWATCHED_AIM)} × that of \`before\`.`;
}

function met({ watched, toUnwatched }: TelemetryRow): string {
  if (toUnwatched === null) return '';
  const { ratio } = toUnwatched.serverCpu;
  if (watched === 'metrics') return ratio <= METRICS_AIM ? 'yes' : '**no**';
  if (watched === 'before') return 1 / ratio <= UNWATCHED_AIM ? 'yes' : '**no**';
  return '';
}
