import type { PeersResult, Subject } from '../peers/results.js';
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

/** What each proxy costs, between the backend without any and one that only hands bytes on. */
export function peersTable({ direct, contestants, effort }: PeersResult): string {
  const hasSdk = contestants.some(({ sdk }) => sdk !== undefined);
  const sdkCell = (sdk: string | undefined): string[] => (hasSdk ? [sdk ?? ''] : []);
  const caption = [
    'The command beside other proxies, in front of the same backend. The byte-level reverse proxy knows nothing of MCP: it is the floor.',
    SPOKEN_CAPTION,
    ...(hasSdk ? [SDK] : []),
    ...(contestants.some(({ isOlderSdk }) => isOlderSdk === true) ? [OLDER_SDK] : []),
  ].join(' ');
  const table = markdownTable(
    [
      'proxy',
      ...(hasSdk ? ['SDK'] : []),
      'backend',
      SPOKEN,
      `calls per second, ${effort.concurrency} at once`,
      'its processor time for each, µs',
      'added to the p50 of a call, µs',
      `memory for each of ${effort.sessions} idle sessions, KiB`,
      'start to first answer, ms',
    ],
    [
      ...direct.map(({ upstream, p50Us, callsPerSecond16 }) => [
        'none',
        ...sdkCell(''),
        upstream,
        '',
        spread(callsPerSecond16),
        '',
        `(the call itself: ${spread(p50Us)})`,
        '',
        '',
      ]),
      ...contestants.map((cost) => [
        `${cost.name} ${cost.version}${cost.stateful === false && cost.isPeer ? ', not stateful' : ''}`,
        ...sdkCell(cost.sdk),
        cost.upstream,
        WIRES[cost.wire],
        spread(cost.callsPerSecond16),
        spread(cost.cpuPerCallUs),
        spread(cost.addedP50Us),
        spread(cost.rssPerSessionKiB),
        spread(cost.firstAnswerMs),
      ]),
    ],
  );
  return `${caption}\n\n${table}`;
}
