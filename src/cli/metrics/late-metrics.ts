import type { Registry } from 'prom-client';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProxyEvent } from '../../proxy-events.js';
import { assertNever } from '../../routing/assert-never.js';
import type { StatefulProxy } from '../../proxy/options.js';
import { methodLabel } from './method-label.js';

/** How many events are kept until there is something to count them. Each is a few hundred bytes. */
const MAX_EARLY = 1_000;

/**
 * The metrics that `/metrics` shows. Their library takes a tenth of the time of a start to load, so it is loaded when
 * somebody asks, or when more has happened than is kept.
 */
export function lateMetricsOf(
  { events$, openCalls, snapshot }: Pick<StatefulProxy, 'events$' | 'openCalls' | 'snapshot'>,
  cluster?: Pick<Cluster, 'snapshot'>,
): () => Promise<Registry> {
  const early: ProxyEvent[] = [];
  let count = (event: ProxyEvent): void => {
    const kept = counted(event);
    if (kept === undefined) return;
    early.push(kept);
    if (early.length === MAX_EARLY) load().catch(ASKED_FOR);
  };
  let loading: Promise<Registry> | undefined;
  const load = (): Promise<Registry> =>
    (loading ??= import('./metrics.js').then(({ metricsOf }) => {
      const metrics = metricsOf({ snapshot, open: openCalls, cluster });
      for (const event of early.splice(0)) metrics.count(event);
      ({ count } = metrics);
      return metrics.registry;
    }));
  events$.subscribe((event) => {
    count(event);
  });
  return load;
}

/** What is kept of an event until it is counted: no text that the other side chose. @returns `undefined`: it is not counted */
function counted(event: ProxyEvent): ProxyEvent | undefined {
  switch (event.kind) {
    case 'call':
    case 'progress':
    case 'call-cancelled':
      return undefined;
    case 'call-ended':
      return { ...event, ...NO_TEXTS, method: methodLabel(event.method) };
    case 'answer':
      return { ...event, ...NO_TEXTS, method: methodLabel(event.method) };
    case 'question':
      return { ...event, message: {}, target: undefined, method: methodLabel(event.method) };
    case 'session-ended':
    case 'backend-ended':
      return { ...event, reason: '' };
    case 'route':
      return { ...event, method: methodLabel(event.method), error: event.error && codeIn(event.error) };
    case 'waiting':
      return { ...event, target: undefined, question: undefined, refusal: undefined };
    case 'session-opened':
    case 'backend-started':
    case 'suspended':
    case 'resumed':
      return event;
    case 'forwarded':
      // A plain copy: the event itself holds the whole request.
      return { ...event, headers: {}, message: undefined };
    default:
      return assertNever(event);
  }
}

const NO_TEXTS = { message: undefined, target: undefined, error: undefined } as const;

/** Words of a transport are no code. */
function codeIn(error: string): string {
  return /^[A-Z_]{1,40}$/.test(error) ? error : 'other';
}

/** Whoever asks for the metrics is told why there are none. */
const ASKED_FOR = (): void => undefined;
