import type { PeersResult } from '../peers/results.js';
import { markdownTable, spread } from './markdown.js';

/** What each proxy costs, between the backend without any and one that only hands bytes on. */
export function peersTable({ direct, contestants, effort }: PeersResult): string {
  const caption =
    'The command beside other proxies, in front of the same backend. The byte-level reverse proxy knows nothing of MCP: it is the floor.';
  const table = markdownTable(
    [
      'proxy',
      'backend',
      `calls per second, ${effort.concurrency} at once`,
      'added to the p50 of a call, µs',
      `memory for each of ${effort.sessions} idle sessions, KiB`,
      'start to first answer, ms',
    ],
    [
      ...direct.map(({ upstream, p50Us, callsPerSecond16 }) => [
        'none',
        upstream,
        spread(callsPerSecond16),
        `(the call itself: ${spread(p50Us)})`,
        '',
        '',
      ]),
      ...contestants.map((cost) => [
        `${cost.name} ${cost.version}${cost.stateful === false && cost.isPeer ? ', not stateful' : ''}`,
        cost.upstream,
        spread(cost.callsPerSecond16),
        spread(cost.addedP50Us),
        spread(cost.rssPerSessionKiB),
        spread(cost.firstAnswerMs),
      ]),
    ],
  );
  return `${caption}\n\n${table}`;
}
