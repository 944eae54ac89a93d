/** Lists the benchmarks that run on several versions of Node, and names their results. */
import type { HttpResult, RoutingResult, ScaleResult } from './results.js';

/** In addition to the one that results without a number are of. */
export const OTHER_NODES = ['22', '24'] as const;
export type OtherNode = (typeof OTHER_NODES)[number];

export interface ByBenchmark {
  readonly routing: RoutingResult;
  readonly http: HttpResult;
  readonly scale: ScaleResult;
}

/** The benchmarks of the package itself: `benchmarks/<name>.bench.ts`. */
export type Benchmark = keyof ByBenchmark;
export const BENCHMARKS = ['routing', 'http', 'scale'] as const satisfies readonly Benchmark[];

/** `routing-node22`, and so on. */
export type OnOtherNodes = {
  readonly [N in Benchmark as `${N}-node${OtherNode}`]: ByBenchmark[N];
};

type OnEveryNode = ByBenchmark & OnOtherNodes;

export function onNode<N extends Benchmark>(benchmark: N, node: OtherNode): `${N}-node${OtherNode}` {
  return `${benchmark}-node${node}`;
}

/** A result, and the major version of Node that it is of. */
export interface OfNode<R> {
  readonly node: string;
  readonly result: R;
}

/** Those of them that exist. */
type Some = { readonly [N in keyof OnEveryNode]?: OnEveryNode[N] | undefined };

/** The results of a benchmark that there are, the one without a number first. */
export function onNodes<N extends Benchmark>(results: Some, benchmark: N): OfNode<ByBenchmark[N]>[] {
  const names: (keyof Some)[] = [benchmark, ...OTHER_NODES.map((node) => onNode(benchmark, node))];
  return names.flatMap((name) => {
    const result = results[name] as ByBenchmark[N] | undefined;
    return result === undefined ? [] : [{ node: majorOf(result.node), result }];
  });
}

function majorOf(version: string): string {
  return version.replace(/^v(\d+)\..*$/, '$1');
}
