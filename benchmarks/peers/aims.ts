import { pairedRatio } from '../lib/bootstrap.js';
import { significant, type Measured } from '../lib/statistics.js';
import type { Aim, Behaviour, Cost, Failure, Measure, Subject } from './results.js';
import { titleOf } from './run.js';

interface Goal {
  readonly measure: Measure;
  readonly isMoreBetter: boolean;
  /** Whose best peer it is set against. Compared with that of the others, ours is told without an aim. */
  readonly beside: Aim['beside'];
  /** Of ours to the best peer. */
  readonly ratio: Readonly<Record<Cost['upstream'], number>>;
}

const GOALS: readonly Goal[] = [
  { measure: 'addedP50Us', isMoreBetter: false, beside: 'stateful', ratio: { stdio: 0.5, http: 0.4 } },
  { measure: 'callsPerSecond16', isMoreBetter: true, beside: 'stateful', ratio: { stdio: 2, http: 3 } },
  // A peer with one backend for all sessions has less to keep for each.
  { measure: 'rssPerSessionKiB', isMoreBetter: false, beside: 'own backends', ratio: { stdio: 1, http: 0.7 } },
  { measure: 'firstAnswerMs', isMoreBetter: false, beside: 'stateful', ratio: { stdio: 1, http: 1 } },
];

/**
 * Ours next to the best of the stateful peers with the same kind of upstream, whose clients speak HTTP as ours do, or
 * stdio as ours do: for the latter there is no aim. The floor is no peer. Where a peer could not be measured that may be the best, nothing is said
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
      const stateful = costs.filter((peer) => peer.isPeer && peer.stateful === true && areAlike(peer, ours));
      const unmeasured = unmeasuredPeers(ours, behaviour, failures);
      // Over stdio each process has a backend of its own: nothing is to be told apart.
      const alike = ours.wire === 'stdio' ? [] : stateful.filter((peer) => ownBackends.has(titleOf(peer)));
      return [
        ...GOALS.flatMap((goal) => aimBeside('stateful', goal, ours, stateful, unmeasured)),
        ...GOALS.flatMap((goal) => aimBeside('own backends', goal, ours, alike, unmeasured)),
      ];
    });
}

function aimBeside(
  beside: Aim['beside'],
  goal: Goal,
  ours: Cost,
  peers: readonly Cost[],
  unmeasured: readonly string[],
): Aim[] {
  const { measure, isMoreBetter } = goal;
  const valueOf = (cost: Cost): number => cost[measure].median;
  const [best] = [...peers].sort((one, other) =>
    isMoreBetter ? valueOf(other) - valueOf(one) : valueOf(one) - valueOf(other),
  );
  if (best === undefined) return [];
  const reached = ratioOf(ours.byRound[measure], best.byRound[measure]);
  const isOverStdio = ours.wire === 'stdio';
  const isAim = beside === goal.beside && !isOverStdio;
  const aim = goal.ratio[ours.upstream];
  const isReached = isMoreBetter ? reached.min >= aim : reached.max <= aim;
  return [
    {
      measure,
      upstream: ours.upstream,
      ...(isOverStdio && { wire: 'stdio' as const }),
      beside,
      ours: ours[measure],
      bestPeer: best[measure],
      bestPeerName: `${best.name} ${best.version}`,
      ratio: reached,
      aim: isAim ? `${isMoreBetter ? '≥' : '≤'} ${aim}` : null,
      reached: !isAim || (isReached && unmeasured.length > 0) ? null : isReached,
      ...(unmeasured.length > 0 && { unmeasured }),
    },
  ];
}

/** The median of the ratios round by round, with the interval that holds it with a confidence of 95 %. */
function ratioOf(ours: readonly number[], best: readonly number[]): Measured {
  const pairs = ours.map((value, round) => [{ value, base: best[round] ?? NaN }]);
  const { ratio, low, high } = pairedRatio(pairs);
  return { median: significant(ratio), min: significant(low), max: significant(high) };
}

/** Those that failed in any phase, and are not known to keep no state. */
function unmeasuredPeers(ours: Subject, behaviour: readonly Behaviour[], failures: readonly Failure[]): string[] {
  const stateless = new Set(behaviour.filter(({ stateful }) => !stateful).map(titleOf));
  const failed = failures.filter((peer) => peer.isPeer && areAlike(peer, ours) && !stateless.has(titleOf(peer)));
  return [...new Set(failed.map(({ name, version }) => `${name} ${version}`))];
}

/** They stand between the same two ends. */
function areAlike(one: Subject, other: Subject): boolean {
  return one.upstream === other.upstream && (one.wire === 'stdio') === (other.wire === 'stdio');
}
