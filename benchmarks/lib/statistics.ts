/** A figure that was measured several times. */
export interface Measured {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function measured(values: readonly number[]): Measured {
  return { median: round(median(values)), min: round(Math.min(...values)), max: round(Math.max(...values)) };
}

/** The ratio of two series that were measured side by side, pair by pair. */
export function ratio(values: readonly number[], base: readonly number[]): Measured {
  return measured(values.map((value, index) => value / (base[index] ?? NaN)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
