import type { Registry } from 'prom-client';
import { concat } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import type { RouteEvent } from '../interceptor/events.js';
import type { StatefulProxy } from '../proxy/options.js';

/**
 * The metrics that `/metrics` shows. Their library takes a tenth of the time of a start to load, so it is loaded when
 * there is something to count, or when somebody asks.
 */
export function lateMetricsOf(
  proxy: Pick<StatefulProxy, 'routes$' | 'snapshot'>,
  cluster?: Pick<Cluster, 'snapshot'>,
): () => Promise<Registry> {
  const early: RouteEvent[] = [];
  const noting = proxy.routes$.subscribe((route) => {
    early.push(route);
    void load();
  });
  let registry: Promise<Registry> | undefined;
  const load = (): Promise<Registry> =>
    (registry ??= import('./metrics.js').then(({ metricsOf }) => {
      noting.unsubscribe();
      return metricsOf({ snapshot: proxy.snapshot, routes$: concat(early, proxy.routes$) }, cluster);
    }));
  return load;
}
