import { Registry } from 'prom-client';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProxyEvent } from '../../proxy-events.js';
import type { ProxySnapshot } from '../../proxy/options.js';
import type { OpenCall } from '../../proxy/open-calls.js';
import { addOldest, callMetrics } from './call-metrics.js';
import { addClusterMetrics } from './cluster-metrics.js';
import { countsOf } from './counting.js';
import { addGauge } from './gauge.js';
import { lifeMetrics } from './life-metrics.js';
import { questionMetrics } from './question-metrics.js';
import { routeMetrics } from './route-metrics.js';

/** What is asked when the metrics are read. */
export interface Measured {
  readonly snapshot: () => ProxySnapshot;
  /** The calls that have no answer yet. */
  readonly open: () => Iterable<OpenCall>;
  readonly cluster: Pick<Cluster, 'snapshot'> | undefined;
}

export interface Metrics {
  readonly registry: Registry;
  /** Takes what has happened. */
  readonly count: (event: ProxyEvent) => void;
}

/** The metrics that `/metrics` shows. No label names a session or a client, and the values of each are limited. */
export function metricsOf({ snapshot, open, cluster }: Measured): Metrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, of: keyof ProxySnapshot): void => {
    addGauge(registry, `mcp_backchannel_${name}`, help, () => snapshot()[of]);
  };
  gauge('sessions', 'Sessions that are open.', 'sessions');
  gauge('in_flight', 'Client requests that have no response yet.', 'inFlight');
  gauge('parked', 'Server-initiated messages that wait for a stream.', 'parked');
  gauge('suspended', 'Calls that wait for their clients to repeat them.', 'suspended');
  gauge('leased', 'Sessions leased to calls of clients without sessions.', 'leased');
  gauge('buffered_bytes', 'Bytes that wait because clients do not read.', 'bufferedBytes');
  addOldest(registry, open);
  if (cluster !== undefined) addClusterMetrics(registry, cluster);

  const countings = [callMetrics, questionMetrics, routeMetrics, lifeMetrics].map((metrics) => metrics(registry));
  return { registry, count: countsOf(countings) };
}
