/** A line through measurements, by least squares. */
export interface Sample {
  readonly seconds: number;
  readonly bytes: number;
}

/** Bytes per second. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const meanSeconds = mean(({ seconds }) => seconds);
  const meanBytes = mean(({ bytes }) => bytes);
  let covariance = 0;
  let variance = 0;
  for (const { seconds, bytes } of samples) {
    covariance += (seconds - meanSeconds) * (bytes - meanBytes);
    variance += (seconds - meanSeconds) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
