import type { Registry } from 'prom-client';
import { concat, type Observable } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import type { StatefulProxy } from '../proxy/options.js';

/**
 * The metrics that `/metrics` shows. Their library takes a tenth of the time of a start to load, so it is loaded when
 * there is something to count, or when somebody asks.
 */
export function lateMetricsOf(
  proxy: Pick<StatefulProxy, 'routes$' | 'rounds$' | 'snapshot'>,
  cluster?: Pick<Cluster, 'snapshot'>,
): () => Promise<Registry> {
  const routes = noted(proxy.routes$);
  const rounds = noted(proxy.rounds$);
  let registry: Promise<Registry> | undefined;
  const load = (): Promise<Registry> =>
    (registry ??= import('./metrics.js').then(({ metricsOf }) => {
      const { snapshot } = proxy;
      return metricsOf({ snapshot, routes$: routes(), rounds$: rounds() }, cluster);
    }));
  return load;

  /** @returns a function that gives back what was noted, and all that follows */
  function noted<T>(events$: Observable<T>): () => Observable<T> {
    const early: T[] = [];
    const noting = events$.subscribe((event) => {
      early.push(event);
      void load();
    });
    return () => {
      noting.unsubscribe();
      return concat(early, events$);
    };
  }
}
