import { measured, median } from '../lib/statistics.js';
import type { Load } from './load.js';
import type { Idle, Start } from './memory.js';
import type { Cost, Subject } from './results.js';

/** What was measured of one contestant, round by round. */
interface Rounds {
  readonly loads: readonly Load[];
  /** Of the backend itself, in the same rounds. */
  readonly direct: readonly Load[];
  readonly starts: readonly Start[];
  readonly idles: readonly Idle[];
  /** In each of `idles`. */
  readonly sessions: number;
}

export function costOf({ loads, direct, starts, idles, sessions }: Rounds): Omit<Cost, keyof Subject | 'stateful'> {
  const heapOfOne = median(starts.map(({ heapOneSessionKiB }) => heapOneSessionKiB));
  const added = (quantile: 'p50Us' | 'p99Us'): number[] =>
    loads.map((load, round) => load[quantile] - (direct[round]?.[quantile] ?? NaN));
  const idle = (what: keyof Idle): number[] => idles.map((values) => values[what]);
  const byRound = {
    addedP50Us: added('p50Us'),
    callsPerSecond16: loads.map(({ callsPerSecond }) => callsPerSecond),
    rssPerSessionKiB: idle('rssPerSessionKiB'),
    firstAnswerMs: [...starts, ...idles].map(({ firstAnswerMs }) => firstAnswerMs),
  };
  return {
    addedP50Us: measured(byRound.addedP50Us),
    addedP99Us: measured(added('p99Us')),
    callsPerSecond16: measured(byRound.callsPerSecond16),
    cpuPerCallUs: measured(loads.map(({ cpuPerCallUs }) => cpuPerCallUs)),
    firstAnswerMs: measured(byRound.firstAnswerMs),
    rssOneSessionKiB: measured(idle('rssOneSessionKiB')),
    rssAllSessionsKiB: measured(idle('rssAllSessionsKiB')),
    rssPerSessionKiB: measured(byRound.rssPerSessionKiB),
    privatePerSessionKiB: measured(idle('privatePerSessionKiB')),
    heapPerSessionKiB: measured(idle('heapAllSessionsKiB').map((heap) => (heap - heapOfOne) / (sessions - 1))),
    byRound,
  };
}
