import type { ProfileResult } from '../lib/results.js';
import { digits, markdownTable } from './markdown.js';

/** Whose code takes the processor time, program by program. */
export function profileTable({ profiles, effort }: ProfileResult): string {
  const groups = new Map<string, number>();
  for (const { group, usPerCall } of profiles.flatMap((profile) => profile.groups)) {
    groups.set(group, Math.max(usPerCall, groups.get(group) ?? 0));
  }
  const names = [...groups].sort(([, one], [, other]) => other - one).map(([group]) => group);
  const caption =
    'The processor time of a call, by whose code was running. The time of a native function counts for its caller.';
  const table = markdownTable(
    [`processor time per call, ${effort['concurrency'] ?? NaN} at once, µs`, ...profiles.map(({ target }) => target)],
    [
      ['**all**', ...profiles.map(({ cpuUsPerCall }) => digits(cpuUsPerCall))],
      ...names.map((name) => [
        name,
        ...profiles.map(({ groups: own }) => {
          const found = own.find(({ group }) => group === name);
          return found === undefined ? '' : `${digits(found.usPerCall)} (${(found.share * 100).toFixed(1)} %)`;
        }),
      ]),
    ],
  );
  return `${caption}\n\n${table}`;
}
