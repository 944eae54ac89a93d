import { Counter, type Registry } from 'prom-client';
import type { Cluster } from '../../cluster/cluster.js';
import { addGauge } from './gauge.js';

/** What a node of a cluster knows of the others, and what it did for them. */
export function addClusterMetrics(registry: Registry, cluster: Pick<Cluster, 'snapshot'>): void {
  const registers = [registry];
  addGauge(registry, 'mcp_backchannel_cluster_nodes', 'Live nodes, this one included.', () => {
    return cluster.snapshot().nodes;
  });
  addGauge(registry, 'mcp_backchannel_cluster_engine_up', 'Whether the engine answers: 1 or 0.', () => {
    return Number(cluster.snapshot().isEngineUp);
  });
  new Counter({
    name: 'mcp_backchannel_cluster_passed_total',
    help: 'Requests that were passed on to other nodes, by what became of them.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(cluster.snapshot().passed)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'mcp_backchannel_cluster_adopted_total',
    help: 'Sessions taken over from other nodes.',
    registers,
    collect() {
      this.reset();
      this.inc(cluster.snapshot().adopted);
    },
  });
}
