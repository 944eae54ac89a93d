import { scaled, type Measured } from '../lib/statistics.js';
import type { Cost, Failure, PeersResult, Subject } from '../peers/results.js';
import { markdownTable, spread } from './markdown.js';

const SDK =
  'SDK is what the running program has loaded, or what its bundle says; a range is what it was built with, where the bundle does not say.';
const OLDER_SDK = [
  'The command with an older SDK is the same build, and tells how much of the cost is that of the SDK: since 1.25 its',
  "transport for Node's HTTP goes by way of Hono and web streams; before, it wrote to `node:http` itself, and proxies that",
  'bundle such a version save that too. The aims are for the SDK that the command is installed with.',
].join(' ');

export const SPOKEN = 'spoken with clients';
export const WIRES: Readonly<Record<Subject['wire'], string>> = {
  'streamable-http': 'Streamable HTTP',
  sse: 'HTTP+SSE',
};
/** What the client is not the same for. */
export const SPOKEN_CAPTION =
  'The client speaks with each proxy what that speaks with its clients: over HTTP+SSE answers come on one stream that stays open, over Streamable HTTP each on the response to its call.';

const RUN_WITH = [
  'All are started through a preload that has them listen on loopback only, and what they write to stdout goes nowhere; supergateway is told to log nothing (`--logLevel none`), the others keep their defaults.',
  'The client is closed-loop: it waits for an answer before it calls again, so that p99 is not that of a service under constant load.',
  'Cores are the processor time of a call times the calls per second: near 1, and beyond, it is the proxy that can do no more, and not the client.',
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
    ...(hasSdk ? [SDK] : []),
    ...(contestants.some(({ isOlderSdk }) => isOlderSdk === true) ? [OLDER_SDK] : []),
  ].join(' ');
  return [caption, speed, ...failuresOf(failures), RUN_WITH, memory, notes].join('\n\n');
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
