import type { Aim, Cost } from './results.js';
import { titleOf } from './run.js';

interface Goal {
  readonly measure: Aim['measure'];
  readonly isMoreBetter: boolean;
  /** Of ours to the best peer. */
  readonly ratio: number;
}

const GOALS: readonly Goal[] = [
  { measure: 'addedP50Us', isMoreBetter: false, ratio: 0.6 },
  { measure: 'callsPerSecond16', isMoreBetter: true, ratio: 1.3 },
  { measure: 'rssPerSessionKiB', isMoreBetter: false, ratio: 1 },
];

/** Ours beside the best of the stateful peers with the same kind of upstream. The floor is no peer. */
export function aimsOf(costs: readonly Cost[]): Aim[] {
  return (['stdio', 'http'] as const).flatMap((upstream) =>
    GOALS.flatMap(
      (goal) =>
        aim(
          goal,
          upstream,
          costs.filter((cost) => cost.upstream === upstream),
        ) ?? [],
    ),
  );
}

function aim(
  { measure, isMoreBetter, ratio }: Goal,
  upstream: Aim['upstream'],
  costs: readonly Cost[],
): Aim | undefined {
  const valueOf = (cost: Cost): number => cost[measure].median;
  const ours = costs.find(({ isOurs }) => isOurs);
  const peers = costs.filter(({ isOurs, stateful, isPeer }) => !isOurs && isPeer && stateful === true);
  const [best] = peers.sort((one, other) =>
    isMoreBetter ? valueOf(other) - valueOf(one) : valueOf(one) - valueOf(other),
  );
  if (ours === undefined || best === undefined) return undefined;
  const reachedRatio = valueOf(ours) / valueOf(best);
  return {
    measure,
    upstream,
    ours: valueOf(ours),
    bestPeer: valueOf(best),
    bestPeerName: titleOf(best),
    ratio: Number(reachedRatio.toPrecision(3)),
    aim: `${isMoreBetter ? '≥' : '≤'} ${ratio}`,
    reached: isMoreBetter ? reachedRatio >= ratio : reachedRatio <= ratio,
  };
}
