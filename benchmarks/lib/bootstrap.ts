import { Random } from '../../suites/lib/random.js';
import { median } from './statistics.js';

/** A ratio of what was measured in pairs. */
export interface PairedRatio {
  readonly ratio: number;
  /** The interval that holds it with a confidence of 95 %. */
  readonly low: number;
  readonly high: number;
}

/** The two of a pair, measured one right after the other. */
export interface Pair {
  readonly value: number;
  readonly base: number;
}

const RESAMPLES = 2_000;

/**
 * The median of the pairs' ratios, and its interval by bootstrap of their logarithms: in the logarithm,
 * twice as fast and twice as slow are as far from 1.
 *
 * Pairs of one round share two processes, and what is peculiar to these, so that they are no
 * independent samples: rounds are drawn first, and then pairs of each round that was drawn.
 *
 * @param rounds pairs by round
 */
export function pairedRatio(rounds: readonly (readonly Pair[])[]): PairedRatio {
  const logs = rounds.map((pairs) => pairs.map(({ value, base }) => Math.log(value / base)));
  // The same figures always give the same interval.
  const random = new Random(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(draw(logs, random).flatMap((pairs) => draw(pairs, random))),
  ).sort((one, other) => one - other);
  return {
    ratio: fromLog(median(logs.flat())),
    low: fromLog(medians[Math.floor(RESAMPLES * 0.025)]),
    high: fromLog(medians[Math.ceil(RESAMPLES * 0.975) - 1]),
  };
}

/** What is shown on the terminal. */
export function interval({ ratio, low, high }: PairedRatio): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function draw<T>(from: readonly T[], random: Random): T[] {
  return from.map(() => from[Math.floor(random.next() * from.length)] as T);
}

function fromLog(log = NaN): number {
  return Number(Math.exp(log).toFixed(4));
}
