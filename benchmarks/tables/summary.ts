import type { SomeResults } from '../lib/result-files.js';
import { scaled } from '../lib/statistics.js';
import { digits, spread } from './markdown.js';

/** What it costs, in four lines for the README, and one picture. Nothing where nothing was measured. */
export function summary({ routing, http, peers }: SomeResults, picture: string | undefined): string | undefined {
  const lines = [
    ...(routing === undefined ? [] : routingLines(routing)),
    ...(http === undefined ? [] : [httpLine(http)]),
    ...(peers === undefined ? [] : [peersLine(peers)]),
  ];
  if (lines.length === 0) return undefined;
  return [lines.map((line) => `- ${line}`).join('\n'), ...(picture === undefined ? [] : [picture])].join('\n\n');
}

type Of<N extends keyof SomeResults> = NonNullable<SomeResults[N]>;

function routingLines({ cycle, bytes, node }: Of<'routing'>): string[] {
  const row = cycle.find(({ variant, inFlight }) => variant === 'ours, everything on' && inFlight === 1);
  const idle = bytes.perIdleSession['ours, context, write order'];
  return [
    ...(row === undefined
      ? []
      : [
          `**Routing a message** takes ${spread(scaled(row.nsPerMessage, 1_000))} µs with everything on (Node ${node.slice(1)}).`,
        ]),
    ...(idle === undefined ? [] : [`**An idle session** takes ${spread(scaled(idle.used, 1_024))} KiB of heap.`]),
  ];
}

function httpLine({ rows }: Of<'http'>): string {
  const wrapped = rows.map(({ wrappedToBare }) => wrappedToBare.time.ratio);
  const ours = rows.flatMap(({ oursToBare }) => (oursToBare === undefined ? [] : [oursToBare.serverCpu.ratio]));
  const own =
    ours.length === 0 ? '' : `; on our own transport, it takes the server ${range(ours)} times the processor time`;
  return `**A call over HTTP** takes ${range(wrapped)} times as long as on the bare SDK transport, depending on the workload${own}.`;
}

function range(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}

function peersLine({ aims }: Of<'peers'>): string {
  const parts = aims
    .filter(({ measure, beside, wire }) => measure === 'callsPerSecond16' && beside === 'stateful' && wire !== 'stdio')
    .map(({ upstream, ours, bestPeer, bestPeerName, ratio }) => {
      const backend = upstream === 'http' ? 'an HTTP' : 'a stdio';
      const inRounds = `${digits(ratio.median)} times as many in paired rounds, from ${digits(ratio.min)} to ${digits(ratio.max)}`;
      return `${digits(ours.median)} calls per second with ${backend} backend (best other proxy: ${digits(bestPeer.median)}, ${bestPeerName}; ${inRounds})`;
    });
  return `**The command**, with 16 calls at once, relays ${parts.join(' and ')}.`;
}
