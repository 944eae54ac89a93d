import { MAX_TIMEOUT_MS } from './clock.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

/** Milliseconds of `500ms`, `5s`, `2m` or a plain number of milliseconds; `undefined` if the text is none of these. */
export function durationMs(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const ms = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  return ms <= MAX_TIMEOUT_MS ? ms : undefined;
}
