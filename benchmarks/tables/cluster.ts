/** What a cluster costs: measured for three nodes, and calculated for many. */
import type { ClusterResult, ClusterRow } from '../lib/results.js';
import { digits, interval, many, markdownTable } from './markdown.js';

/** A hop takes at most so many times as long as a call on a single node, in the median. */
const HOP_AIMS: Readonly<Record<ClusterRow['backend'], number>> = { 'in memory': 1.8, stdio: 1.5 };
const OWNER_AIM = 1.02;

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** With the defaults of the package: `leaseMs`, `maxSessions`, `maxPassed`, and how long a record is kept. */
const BEATS_PER_SECOND = 1;
const MAX_SESSIONS = 1_000;
const MAX_PASSED = 10_000;
const RECORD_RENEWED_EVERY_S = 20 * 60;

/** What is calculated. A client calls once in so many seconds. */
const SCALE = { nodes: 100, sessions: 1_000_000, secondsBetweenCalls: 60 } as const;

const CAPTION = [
  '"Single" is a proxy without a cluster. "Owner" is the node that has the session, called directly. "Hop" is another node, which passes each call on to the owner.',
  'The processor time of a hop is that of both nodes. All processes share the cores of one machine, so with many calls at once the ratio of times is that of the work, as in the processor time. In a cluster, each node has cores of its own.',
].join(' ');

function reachesHopAim({ backend, hopToSingle }: ClusterRow): boolean {
  return hopToSingle.p50.ratio <= HOP_AIMS[backend];
}

function reachesOwnerAim({ ownerToSingle }: ClusterRow): boolean {
  return ownerToSingle.p50.low <= OWNER_AIM;
}

export function clusterTable({ rows }: ClusterResult): string {
  const figures = (row: ClusterRow, figure: 'p50Ms' | 'serverCpuMsPerCall'): string =>
    [row.single, row.owner, row.hop].map((each) => digits(each[figure])).join(', ');
  const table = markdownTable(
    [
      'a call, to a single node',
      'p50 of the owner',
      'p50 of a hop',
      'processor time of the owner',
      'processor time of a hop',
      'p50, ms: single, owner, hop',
      'processor time, ms',
      'met',
    ],
    rows.map((row) => [
      `${row.backend}, ${row.concurrency} at once`,
      interval(row.ownerToSingle.p50),
      interval(row.hopToSingle.p50),
      interval(row.ownerToSingle.serverCpu),
      interval(row.hopToSingle.serverCpu),
      figures(row, 'p50Ms'),
      figures(row, 'serverCpuMsPerCall'),
      reachesHopAim(row) && reachesOwnerAim(row) ? 'yes' : '**no**',
    ]),
  );
  const aims = `The aims: a hop takes at most ${HOP_AIMS.stdio} × with a backend over stdio and ${HOP_AIMS['in memory']} × with one in memory; the interval of the owner reaches down to ${OWNER_AIM} ×.`;
  return `${CAPTION}\n\n${table}\n\n${aims}`;
}

/** A hundred nodes and a million sessions, from what was measured. */
export function scaleOutTable({ rows, bytesPerIdleSession }: ClusterResult): string | undefined {
  const row = rows
    .filter(({ backend }) => backend === 'stdio')
    .sort((one, other) => other.concurrency - one.concurrency)[0];
  if (row === undefined) return undefined;
  const { nodes, sessions, secondsBetweenCalls } = SCALE;
  const hopShare = (nodes - 1) / nodes;
  const sessionsPerNode = sessions / nodes;
  const callsPerSecond = sessions / secondsBetweenCalls / nodes;
  const cpuMs = hopShare * row.hop.serverCpuMsPerCall + (1 - hopShare) * row.owner.serverCpuMsPerCall;
  const memory = sessionsPerNode * bytesPerIdleSession.median;
  const table = markdownTable(
    [`${many(nodes)} nodes, ${many(sessions)} sessions, a call a minute in each`, 'figure', 'from'],
    [
      [
        'operations of the engine, stdio backends',
        `${many(nodes * BEATS_PER_SECOND)} a second`,
        'a beat of each node a second, whatever the number of sessions and requests',
      ],
      [
        'operations of the engine, HTTP backends',
        `${many(Math.round(nodes * BEATS_PER_SECOND + sessions / RECORD_RENEWED_EVERY_S))} a second`,
        'the record of a session is renewed every 20 minutes, and when it changes',
      ],
      [
        'leases read from the engine',
        `${many(nodes * nodes * BEATS_PER_SECOND)} a second`,
        'each beat reads all of them',
      ],
      ['share of requests that take a hop', `${digits(hopShare * 100)} %`, 'a balancer that knows nothing of sessions'],
      ['calls per node', `${digits(callsPerSecond)} a second`, 'and as many that are passed on'],
      [
        'processor time per node',
        `${digits((callsPerSecond * cpuMs) / 1_000)} cores`,
        `${digits(cpuMs)} ms for each call, on both nodes together`,
      ],
      ['sessions per node', many(sessionsPerNode), ''],
      ['memory per session', `${digits(bytesPerIdleSession.median / 1_024)} KiB`, 'measured, without the backend'],
      ['memory per node', `${digits(memory / GIBIBYTE)} GiB`, 'without backends'],
      [
        'memory per node with an idle stdio backend of 40 MiB in each session',
        `${digits((sessionsPerNode * (40 * MEBIBYTE)) / GIBIBYTE)} GiB`,
        'a process of Node; it is yours to measure',
      ],
      [
        'open standalone streams per node, as many as sessions',
        `${many(2 * Math.round(sessionsPerNode * hopShare))} connections between nodes`,
        'half of them come in, half go out',
      ],
    ],
  );
  const first = [
    `This is a calculation, not a measurement. In this order, it breaks: \`maxSessions\` (${many(MAX_SESSIONS)} by default) refuses sessions before memory does, so raise it.`,
    'With stdio backends, the memory of the backends is next: one process for each session.',
    `With HTTP backends, it is \`maxPassed\` (${many(MAX_PASSED)} by default), if each client holds a standalone stream: almost each of them is a request that is passed on. Then the limit of open files of a process, which needs four for each session.`,
    'The engine is the last: its load grows with the square of the number of nodes, by leases read, and not with requests.',
  ].join(' ');
  return `${table}\n\n${first}`;
}
