import type { HttpResult, HttpRow } from '../lib/results.js';
import { interval, markdownTable } from './markdown.js';

/** The same server under several versions of Node, at the middle one of the concurrencies. */
export function nodesTable(results: readonly HttpResult[]): string {
  const rows = results[0]?.rows ?? [];
  const concurrencies = [...new Set(rows.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
  const middle = concurrencies[concurrencies.length >> 1] ?? NaN;
  return markdownTable(
    [
      `time per call over HTTP, ${middle} at once, to bare`,
      ...results.flatMap(({ node }) => [`Node ${node}, wrapped`, `Node ${node}, async contexts alone`]),
    ],
    rows
      .filter(({ concurrency }) => concurrency === middle)
      .map((row) => [
        row.workload === 'progress' ? 'progress ×100' : row.workload,
        ...results.flatMap((result) => cells(result.rows.find((other) => isSame(other, row)))),
      ]),
  );
}

function isSame(one: HttpRow, other: HttpRow): boolean {
  return one.workload === other.workload && one.concurrency === other.concurrency;
}

function cells(row: HttpRow | undefined): [string, string] {
  return row === undefined ? ['', ''] : [interval(row.wrappedToBare.time), interval(row.contextToBare.time)];
}
