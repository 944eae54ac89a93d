import type { Registry } from 'prom-client';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProxyEvent } from '../../proxy-events.js';
import { OpenCalls } from '../../proxy/open-calls.js';
import type { StatefulProxy } from '../../proxy/options.js';

/** How many events are kept until there is something to count them. Each is a few hundred bytes. */
const MAX_EARLY = 1_000;

const UNCOUNTED: ReadonlySet<ProxyEvent['kind']> = new Set(['call', 'question', 'progress', 'call-cancelled']);

/**
 * The metrics that `/metrics` shows. Their library takes a tenth of the time of a start to load, so it is loaded when
 * somebody asks, or when more has happened than is kept.
 */
export function lateMetricsOf(
  { events$, snapshot }: Pick<StatefulProxy, 'events$' | 'snapshot'>,
  cluster?: Pick<Cluster, 'snapshot'>,
): () => Promise<Registry> {
  const calls = new OpenCalls();
  const early: ProxyEvent[] = [];
  let count = (event: ProxyEvent): void => {
    const kept = counted(event);
    if (kept === undefined) return;
    early.push(kept);
    if (early.length === MAX_EARLY) void load();
  };
  let loading: Promise<Registry> | undefined;
  const load = (): Promise<Registry> =>
    (loading ??= import('./metrics.js').then(({ metricsOf }) => {
      const metrics = metricsOf({ snapshot, open: () => calls.open(), cluster });
      for (const event of early.splice(0)) metrics.count(event);
      ({ count } = metrics);
      return metrics.registry;
    }));
  events$.subscribe((event) => {
    calls.apply(event);
    count(event);
  });
  return load;
}

/** What is kept of an event until it is counted: no payload. @returns `undefined` if it is not counted */
function counted(event: ProxyEvent): ProxyEvent | undefined {
  if (UNCOUNTED.has(event.kind)) return undefined;
  return event.kind === 'call-ended' || event.kind === 'answer' ? { ...event, message: undefined } : event;
}
