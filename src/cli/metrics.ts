import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Cluster } from '../cluster/cluster.js';
import type { StatefulProxy } from '../proxy/options.js';

/** The metrics that `/metrics` shows. No label names a session or a client. */
export function metricsOf(
  { routes$, rounds$, snapshot }: Pick<StatefulProxy, 'routes$' | 'rounds$' | 'snapshot'>,
  cluster?: Pick<Cluster, 'snapshot'>,
): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('mcp_backchannel_sessions', 'Sessions that are open.', () => snapshot().sessions);
  gauge('mcp_backchannel_in_flight', 'Client requests that have no response yet.', () => snapshot().inFlight);
  gauge('mcp_backchannel_parked', 'Server-initiated messages that wait for a stream.', () => snapshot().parked);
  gauge('mcp_backchannel_suspended', 'Calls that wait for their clients to repeat them.', () => snapshot().suspended);
  gauge('mcp_backchannel_leased', 'Sessions that calls of clients without sessions have.', () => snapshot().leased);

  if (cluster !== undefined) {
    gauge('mcp_backchannel_cluster_nodes', 'Nodes that live, this one included.', () => cluster.snapshot().nodes);
    gauge('mcp_backchannel_cluster_engine_up', 'Whether the engine answers: 1 or 0.', () =>
      Number(cluster.snapshot().isEngineUp),
    );
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
      help: 'Sessions of nodes that are gone with which this node went on.',
      registers,
      collect() {
        this.reset();
        this.inc(cluster.snapshot().adopted);
      },
    });
  }

  const routes = new Counter({
    name: 'mcp_backchannel_routes_total',
    help: 'Server-initiated messages by outcome, and by the evidence that chose their stream.',
    labelNames: ['evidence', 'outcome'],
    registers,
  });
  const waits = new Histogram({
    name: 'mcp_backchannel_wait_seconds',
    help: 'Time from sending a server-initiated message to its delivery or failure.',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 120],
    registers,
  });
  routes$.subscribe(({ evidence, outcome, waitedMs }) => {
    routes.inc({ evidence: evidence ?? 'none', outcome });
    // A parked or orphaned message has another event, before or after this one.
    if (outcome !== 'parked' && outcome !== 'orphaned') waits.observe(waitedMs / 1000);
  });
  const rounds = new Counter({
    name: 'mcp_backchannel_rounds_total',
    help: 'Rounds of input of clients without sessions, by what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  rounds$.subscribe(({ outcome }) => {
    rounds.inc({ outcome });
  });
  return registry;
}
