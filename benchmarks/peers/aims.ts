import { ratio } from '../lib/statistics.js';
import type { Aim, Behaviour, Cost, Failure, Measure } from './results.js';
import { titleOf } from './run.js';

interface Goal {
  readonly measure: Measure;
  readonly isMoreBetter: boolean;
  /** Of ours to the best peer. */
  readonly ratio: number;
}

const GOALS: readonly Goal[] = [
  { measure: 'addedP50Us', isMoreBetter: false, ratio: 0.6 },
  { measure: 'callsPerSecond16', isMoreBetter: true, ratio: 1.3 },
  { measure: 'rssPerSessionKiB', isMoreBetter: false, ratio: 1 },
];

/**
 * Ours next to the best of the stateful peers with the same kind of upstream. The floor is no peer; nor is ours with an
 * older SDK, which is told with each aim. Where a peer could not be measured that may be the best, nothing is said
 * to be reached; what is missed compared with the others is missed all the same.
 */
export function aimsOf(
  costs: readonly Cost[],
  behaviour: readonly Behaviour[],
  failures: readonly Failure[] = [],
): Aim[] {
  const ownBackends = new Set(behaviour.filter((seen) => seen.backendPerSession).map(titleOf));
  return costs
    .filter(({ isOurs }) => isOurs)
    .flatMap((ours) => {
      const stateful = costs.filter((peer) => peer.isPeer && peer.stateful === true && peer.upstream === ours.upstream);
      const older = costs.find((cost) => cost.isOlderSdk === true && cost.upstream === ours.upstream);
      const unmeasured = unmeasuredPeers(ours.upstream, behaviour, failures);
      const alike = stateful.filter((peer) => ownBackends.has(titleOf(peer)));
      return [
        ...GOALS.flatMap((goal) => aimBeside('stateful', goal, ours, stateful, older, unmeasured)),
        ...GOALS.flatMap((goal) => aimBeside('own backends', goal, ours, alike, older, unmeasured)),
      ];
    });
}

function aimBeside(
  beside: Aim['beside'],
  goal: Goal,
  ours: Cost,
  peers: readonly Cost[],
  older: Cost | undefined,
  unmeasured: readonly string[],
): Aim[] {
  const { measure, isMoreBetter } = goal;
  const valueOf = (cost: Cost): number => cost[measure].median;
  const [best] = [...peers].sort((one, other) =>
    isMoreBetter ? valueOf(other) - valueOf(one) : valueOf(one) - valueOf(other),
  );
  if (best === undefined) return [];
  const reached = ratio(ours.byRound[measure], best.byRound[measure]);
  const isAim = beside === 'stateful';
  const isReached = isMoreBetter ? reached.min >= goal.ratio : reached.max <= goal.ratio;
  return [
    {
      measure,
      upstream: ours.upstream,
      beside,
      ours: ours[measure],
      bestPeer: best[measure],
      bestPeerName: `${best.name} ${best.version}`,
      ratio: reached,
      ...(older && {
        olderSdk: {
          sdk: older.sdk ?? '',
          ours: older[measure],
          ratio: ratio(older.byRound[measure], best.byRound[measure]),
        },
      }),
      aim: isAim ? `${isMoreBetter ? '≥' : '≤'} ${goal.ratio}` : null,
      reached: !isAim || (isReached && unmeasured.length > 0) ? null : isReached,
      ...(unmeasured.length > 0 && { unmeasured }),
    },
  ];
}

/** Those that failed in any phase, and are not known to keep no state. */
function unmeasuredPeers(
  upstream: Cost['upstream'],
  behaviour: readonly Behaviour[],
  failures: readonly Failure[],
): string[] {
  const stateless = new Set(behaviour.filter(({ stateful }) => !stateful).map(titleOf));
  const failed = failures.filter((peer) => peer.isPeer && peer.upstream === upstream && !stateless.has(titleOf(peer)));
  return [...new Set(failed.map(({ name, version }) => `${name} ${version}`))];
}
