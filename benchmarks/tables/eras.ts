/** What a client of revision 2026-07-28 costs a proxy. */
import type { ErasResult, ErasRow } from '../lib/results.js';
import { digits, interval, markdownTable } from './markdown.js';

/** An asking call takes at most so many times the processor time of a legacy client's. */
const ASKING_AIM = 1.5;

const CAPTION = [
  'A legacy client and a client of revision 2026-07-28 (modern) call the same tools of the same legacy backend, each through a proxy of its own.',
  'A plain call is answered at once. During an asking call, the backend asks the user once. The legacy client answers while its call is open; the modern client sends its call once more, with the answer.',
  'The processor time is that of the proxy, without the backend.',
  'In front of a modern backend, the base is not a legacy client, but a modern one whose reverse proxy reads the JSON of each request and does nothing else.',
  'In front of a legacy backend, an asking call of a modern client also waits 10 ms: more than one question may be asked in a round.',
].join(' ');

export function erasTable({ rows }: ErasResult): string {
  const table = markdownTable(
    [
      'a call, modern client to base',
      'processor time',
      'p50',
      'processor time, ms: base, modern',
      'p50, ms: base, modern',
      'met',
    ],
    rows.map((row) => [
      `${row.workload}, ${row.backend === 'modern' ? 'modern backend' : row.backend}, ${String(row.concurrency)} at once`,
      interval(row.modernToBase.serverCpu),
      interval(row.modernToBase.p50),
      both(row, 'serverCpuMsPerCall'),
      both(row, 'p50Ms'),
      met(row),
    ]),
  );
  return `${CAPTION}\n\n${table}\n\nThe aim: in front of a legacy backend, an asking call takes at most ${String(ASKING_AIM)} × the processor time.`;
}

function both({ base, modern }: ErasRow, figure: 'p50Ms' | 'serverCpuMsPerCall'): string {
  return [base, modern].map((each) => digits(each[figure])).join(', ');
}

/** The aim is for asking calls of legacy backends. */
function met({ backend, workload, modernToBase }: ErasRow): string {
  if (workload === 'plain' || backend === 'modern') return '';
  return modernToBase.serverCpu.ratio <= ASKING_AIM ? 'yes' : '**no**';
}
