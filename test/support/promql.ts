/** Reads queries of Prometheus with the grammar of its own user interface. */
import { parser } from '@prometheus-io/lezer-promql';

export interface Query {
  /** Where the syntax is wrong, and the text there. */
  readonly errors: readonly string[];
  readonly metrics: readonly string[];
  /** Those that metrics are chosen by, and those that are kept of them. */
  readonly labels: readonly string[];
  /** Whether what is left has only the labels that are grouped by. */
  readonly isAggregated: boolean;
}

export function readQuery(query: string): Query {
  const errors: string[] = [];
  const metrics = new Set<string>();
  const labels = new Set<string>();
  let isAggregated = false;
  parser.parse(query).iterate({
    enter({ type, from, to, node }) {
      const text = query.slice(from, to);
      if (type.isError) errors.push(`at ${from}: ${JSON.stringify(query.slice(from, from + 20))}`);
      else if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.add(text);
      else if (type.name === 'LabelName') labels.add(text);
      else if (type.name === 'AggregateExpr') isAggregated = true;
    },
  });
  return { errors, metrics: [...metrics], labels: [...labels], isAggregated };
}
