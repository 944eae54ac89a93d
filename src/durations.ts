const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

// Timers take no more than 31 bits, and fire at once beyond.
const MAX_MS = 2 ** 31 - 1;

/** Milliseconds of `500ms`, `5s`, `2m` or a plain number of milliseconds; `undefined` if it is none of them. */
export function durationMs(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const ms = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  return ms <= MAX_MS ? ms : undefined;
}
