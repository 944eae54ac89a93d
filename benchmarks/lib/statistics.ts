/** A figure that was measured several times. */
export interface Measured {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function measured(values: readonly number[]): Measured {
  return {
    median: significant(median(values)),
    min: significant(Math.min(...values)),
    max: significant(Math.max(...values)),
  };
}

/** The ratio of two series that were measured side by side, pair by pair. */
export function ratio(values: readonly number[], base: readonly number[]): Measured {
  return measured(values.map((value, index) => value / (base[index] ?? NaN)));
}

export function scaled({ median, min, max }: Measured, by: number): Measured {
  return { median: median / by, min: min / by, max: max / by };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

/** @param share from 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Three digits: the rest is noise. */
export function significant(value: number): number {
  return Number(value.toPrecision(3));
}

/** Time that this process has computed: on a machine that others use too, the wall clock measures them. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
