import type { HttpResult, HttpRow } from '../lib/results.js';
import { digits, interval, markdownTable } from './markdown.js';

export const HTTP_AIM = 'interval includes 1.00, or lies below 1.02';

const NAMES: Readonly<Record<HttpRow['workload'], string>> = {
  echo: 'echo',
  elicit: 'elicit',
  'elicit unnamed': 'elicit, its request not named',
  progress: 'progress ×100',
};

const UNNAMED =
  'The tools name the request they work for, on both servers. In the rows "its request not named", the wrapped server finds the request by its async context. The bare server could not deliver such a question, so its tools name the request there too.';
const CLOSED_LOOP =
  'Each client waits for its answer before it calls again (closed loop), so p99 is not that of a service under constant load.';
const FLOOR =
  'The floor is a `node:http` server without sessions, checks, SDK or routing. It parses what comes in and writes the same messages.';
const SERVER =
  'The time of a call includes the time of the client. The processor time is that of the server alone, so it shows the difference more clearly.';

export function workloadOf({ workload }: Pick<HttpRow, 'workload'>): string {
  return NAMES[workload];
}

export function reachesAim({ wrappedToBare }: HttpRow): boolean {
  const { low, high } = wrappedToBare.time;
  return (low <= 1 && high >= 1) || high < 1.02;
}

/** A server on our own transport, compared with the SDK's bare one and with the least that a server can cost. */
export function ownTable({ rows }: HttpResult): string | undefined {
  const measured = rows.flatMap(({ ours, floor, oursToBare, oursToFloor, ...row }) =>
    ours && floor && oursToBare && oursToFloor ? [{ ...row, ours, floor, oursToBare, oursToFloor }] : [],
  );
  if (measured.length === 0) return undefined;
  const table = markdownTable(
    [
      'our own transport over HTTP',
      'processor time of the server, to the bare SDK',
      'time per call, to the bare SDK',
      'processor time, to the floor',
      'calls per second: bare SDK, ours, floor',
      'p50, ms: bare SDK, ours, floor',
    ],
    measured.map(({ workload, concurrency, bare, ours, floor, oursToBare, oursToFloor }) => [
      `${workloadOf({ workload })}, ${concurrency} at once`,
      interval(oursToBare.serverCpu),
      interval(oursToBare.time),
      interval(oursToFloor.serverCpu),
      [bare, ours, floor].map(({ callsPerSecond }) => digits(callsPerSecond)).join(', '),
      [bare, ours, floor].map(({ p50Ms }) => digits(p50Ms)).join(', '),
    ]),
  );
  return `${table}\n\n${FLOOR}`;
}

/** A server wrapped and bare, workload by workload. */
export function httpTable({ rows }: HttpResult): string {
  const both = (row: HttpRow, figure: 'callsPerSecond' | 'p50Ms' | 'p99Ms'): string =>
    `${digits(row.bare[figure])} → ${digits(row.wrapped[figure])}`;
  const table = markdownTable(
    [
      'over HTTP, bare → wrapped',
      'time per call',
      'with async contexts alone',
      'processor time of the server',
      'calls per second',
      'p50, ms',
      'p99, ms',
      'met',
    ],
    rows.map((row) => [
      `${workloadOf(row)}, ${row.concurrency} at once`,
      interval(row.wrappedToBare.time),
      interval(row.contextToBare.time),
      interval(row.wrappedToBare.serverCpu),
      both(row, 'callsPerSecond'),
      both(row, 'p50Ms'),
      both(row, 'p99Ms'),
      reachesAim(row) ? 'yes' : '**no**',
    ]),
  );
  const hasUnnamed = rows.some(({ workload }) => workload === 'elicit unnamed');
  const notes = [SERVER, ...(hasUnnamed ? [UNNAMED] : []), CLOSED_LOOP].join(' ');
  return `${table}\n\n${notes}`;
}
