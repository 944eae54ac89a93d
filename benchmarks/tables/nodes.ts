import { onNodes, type OfNode } from '../lib/nodes.js';
import type { SomeResults } from '../lib/result-files.js';
import type { CycleRow, HttpResult, RoutingResult, ScaleResult, ScaleRow } from '../lib/results.js';
import { scaled } from '../lib/statistics.js';
import { workloadOf } from './http.js';
import { interval, many, markdownTable, spread } from './markdown.js';
import { scaleVariant } from './scale.js';

/** A figure by version of Node. */
interface Line {
  readonly what: string;
  readonly figures: ReadonlyMap<string, string>;
}

/** What was measured on several versions of Node, side by side. `undefined` if nothing was. */
export function nodesTable(results: SomeResults): string | undefined {
  const lines = [
    ...routingLines(onNodes(results, 'routing')),
    ...httpLines(onNodes(results, 'http')),
    ...scaleLines(onNodes(results, 'scale')),
  ].filter(({ figures }) => figures.size > 1);
  if (lines.length === 0) return undefined;
  const nodes = [...new Set(lines.flatMap(({ figures }) => [...figures.keys()]))].sort((a, b) => Number(a) - Number(b));
  return markdownTable(
    ['by version of Node', ...nodes.map((node) => `Node ${node}`)],
    lines.map(({ what, figures }) => [what, ...nodes.map((node) => figures.get(node) ?? '')]),
  );
}

/**
 * How much of what the wrapper adds to a call over HTTP is what async contexts add alone. Where the interval does not
 * say that it adds anything, there is nothing to have a share of.
 */
export function contextShares(results: SomeResults): string | undefined {
  const told = onNodes(results, 'http').flatMap(({ node, result }) => {
    const shares = result.rows
      .filter(({ wrappedToBare }) => wrappedToBare.time.low > 1)
      .map(({ contextToBare, wrappedToBare }) => (contextToBare.time.ratio - 1) / (wrappedToBare.time.ratio - 1));
    if (shares.length === 0) return [];
    const percent = (share: number): string => (share * 100).toFixed(0);
    return [`${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} % of that on Node ${node}`];
  });
  if (told.length === 0) return undefined;
  const what =
    'Where the whole interval shows that the wrapper adds time to a call over HTTP, async contexts alone add';
  return `${what} ${told.join(' and ')}, depending on the workload. A share below 0 is noise.`;
}

function routingLines(results: readonly OfNode<RoutingResult>[]): Line[] {
  return [
    line('routing a message, everything on, µs', results, everythingOn, (row) =>
      spread(scaled(row.nsPerMessage, 1_000)),
    ),
    line('… to a hand-written wrapper', results, everythingOn, (row) => `${spread(row.toHandWritten)} ×`),
  ];
}

export function everythingOn({ cycle }: RoutingResult): CycleRow | undefined {
  return cycle.find(({ variant, inFlight }) => variant === 'ours, everything on' && inFlight === 1);
}

/** At the middle one of the concurrencies. */
function httpLines(results: readonly OfNode<HttpResult>[]): Line[] {
  const rows = results[0]?.result.rows ?? [];
  const concurrencies = [...new Set(rows.map(({ concurrency }) => concurrency))].sort((a, b) => a - b);
  const middle = concurrencies[concurrencies.length >> 1];
  return rows
    .filter(({ concurrency }) => concurrency === middle)
    .flatMap(({ workload, concurrency }) => {
      const row = ({ rows: all }: HttpResult) =>
        all.find((other) => other.workload === workload && other.concurrency === concurrency);
      const what = `over HTTP, ${workloadOf({ workload })}, ${concurrency} at once: time per call, to bare`;
      return [
        line(what, results, row, ({ wrappedToBare }) => interval(wrappedToBare.time)),
        line('… async contexts alone', results, row, ({ contextToBare }) => interval(contextToBare.time)),
      ];
    });
}

function scaleLines(results: readonly OfNode<ScaleResult>[]): Line[] {
  return ['ours', 'createStatefulProxy'].flatMap((variant) => {
    const own = results[0]?.result.cost.filter((row) => row.variant === variant) ?? [];
    const sessions = Math.max(...own.map((row) => row.sessions));
    const largest = ({ cost }: ScaleResult): ScaleRow | undefined =>
      cost.find((row) => row.variant === variant && row.sessions === sessions);
    const what = `${scaleVariant(variant)}, ${many(sessions)} sessions: processor time per message, µs`;
    return [
      line(what, results, largest, ({ usPerMessage }) => spread(usPerMessage)),
      line('… to a hand-written wrapper', results, largest, ({ toHandWritten }) => `${spread(toHandWritten)} ×`),
    ];
  });
}

function line<R, T>(
  what: string,
  results: readonly OfNode<R>[],
  rowOf: (result: R) => T | undefined,
  told: (row: T) => string,
): Line {
  const figures = results.flatMap(({ node, result }): [string, string][] => {
    const row = rowOf(result);
    return row === undefined ? [] : [[node, told(row)]];
  });
  return { what, figures: new Map(figures) };
}
