const MS_PER: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

/**
 * The milliseconds of `500ms`, `5s`, `2m`, or of a plain number of milliseconds. `undefined` where the
 * text is none of these.
 */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text.trim()) ?? [];
  const msPerUnit = MS_PER[unit];
  return amount === undefined || msPerUnit === undefined ? undefined : Number(amount) * msPerUnit;
}
