import type { RouteEvent } from '../interceptor/events.js';
import type { Routed } from '../proxy-events.js';

/** What became of a server-initiated message, as an event of the proxy. */
export function ofRoute(route: RouteEvent, session: string | undefined, client: string | undefined): Routed {
  const { method, id, relatedRequestId, to, evidence, outcome, error, waitedMs } = route;
  return {
    kind: 'route',
    at: Date.now(),
    session,
    client,
    id,
    method,
    call: to === 'nowhere' ? undefined : relatedRequestId,
    to,
    evidence,
    outcome,
    error: error && ((error as { readonly code?: string }).code ?? error.message),
    waitedMs,
  };
}
