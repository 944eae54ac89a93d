import { scaled, type Measured } from '../lib/statistics.js';
import type { Cost, Failure, PeersResult, Wire } from '../peers/results.js';
import { markdownTable, spread } from './markdown.js';

const SDK =
  'SDK is the version that the running program has loaded, or the one that its bundle names. Where the bundle names none, it is the range that the proxy was built with.';

export const SPOKEN = 'spoken with clients';
export const WIRES: Readonly<Record<Wire, string>> = {
  'streamable-http': 'Streamable HTTP',
  sse: 'HTTP+SSE',
  stdio: 'stdio',
};
/** What the client is not the same for. */
export const SPOKEN_CAPTION =
  'The client uses the transport that the proxy serves. Over HTTP+SSE, all answers come on one stream that stays open. Over Streamable HTTP, each answer comes on the response to its call.';

const RUN_WITH = [
  'A preload makes all of them listen on loopback only. Their stdout is discarded, unless they speak with the client on it. Those that would log every message are told to log nothing; the others keep their defaults.',
  'The client waits for an answer before it calls again (closed loop), so p99 is not that of a service under constant load.',
  'Cores are the processor time of a call times the calls per second. Near 1 and above, the proxy is the limit, not the client.',
].join(' ');

/** What each proxy costs, between the backend without any and one that only hands bytes on. */
export function peersTable({ direct, contestants, effort, failures }: PeersResult): string {
  const hasSdk = contestants.some(({ sdk }) => sdk !== undefined);
  const caption =
    'The command and other proxies, in front of the same backend. The byte-level reverse proxy knows nothing of MCP: it is the floor.';
  const speed = markdownTable(
    [
      'proxy',
      'backend',
      `calls per second, ${effort.concurrency} at once`,
      'its processor time for each, µs',
      'cores it uses',
      'added to the p50 of a call, µs',
      'added to its p99, µs',
    ],
    [
      ...direct.map(({ upstream, p50Us, p99Us, callsPerSecond16 }) => [
        'none',
        upstream,
        spread(callsPerSecond16),
        '',
        '',
        `(the call itself: ${spread(p50Us)})`,
        `(the call itself: ${spread(p99Us)})`,
      ]),
      ...contestants.map((cost) => [
        nameOf(cost),
        cost.upstream,
        spread(cost.callsPerSecond16),
        spread(cost.cpuPerCallUs),
        ((cost.cpuPerCallUs.median * cost.callsPerSecond16.median) / 1e6).toFixed(2),
        spread(cost.addedP50Us),
        spread(cost.addedP99Us),
      ]),
    ],
  );
  const mebibytes = (kibibytes: Measured): string => spread(scaled(kibibytes, 1_024));
  const memory = markdownTable(
    [
      'proxy',
      'backend',
      SPOKEN,
      ...(hasSdk ? ['SDK'] : []),
      'memory with one session, MiB',
      `with ${effort.sessions} idle sessions, MiB`,
      'for each of these, KiB',
      'start to first answer, ms',
    ],
    contestants.map((cost) => [
      nameOf(cost),
      cost.upstream,
      WIRES[cost.wire],
      ...(hasSdk ? [cost.sdk ?? ''] : []),
      mebibytes(cost.rssOneSessionKiB),
      mebibytes(cost.rssAllSessionsKiB),
      spread(cost.rssPerSessionKiB),
      spread(cost.firstAnswerMs),
    ]),
  );
  const notes = [
    SPOKEN_CAPTION,
    ...(contestants.some(({ wire }) => wire === 'stdio') ? [processesOf(effort)] : []),
    ...(hasSdk ? [SDK] : []),
  ].join(' ');
  return [caption, speed, ...failuresOf(failures), RUN_WITH, memory, notes].join('\n\n');
}

/** Read in the same column, so it has to be said that they are not counted alike. */
function processesOf({ stdioSessions }: PeersResult['effort']): string {
  return `Over stdio, each session is a process of its own. Memory is that of all of them, with ${stdioSessions} idle sessions instead.`;
}

/** One line for all: a row that is not there is easily overlooked. */
function failuresOf(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return [];
  const told = failures.map(
    ({ name, version, upstream, phase, reason }) =>
      `${name} ${version}, ${upstream} backend (${phase}: ${reason.replaceAll(/\s+/g, ' ').slice(0, 120)})`,
  );
  return [`**Could not be measured:** ${told.join('; ')}.`];
}

function nameOf({ name, version, stateful, isPeer }: Cost): string {
  return `${name} ${version}${stateful === false && isPeer ? ', not stateful' : ''}`;
}
