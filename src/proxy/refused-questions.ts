import type { Subject } from 'rxjs';
import type { RouteEvent } from '../interceptor/events.js';
import { logRoute } from '../interceptor/route-log.js';
import type { RequestMessage } from '../routing/message.js';

/** Reports a server request that was refused before it reached the wrapper. */
export function tellRefused(
  events: Subject<RouteEvent>,
  session: string | undefined,
  { id, method }: RequestMessage,
  error: Error,
): void {
  const event: RouteEvent = {
    session,
    id,
    method,
    requested: undefined,
    to: 'nowhere',
    relatedRequestId: undefined,
    evidence: undefined,
    outcome: 'refused',
    error,
    waitedMs: 0,
  };
  logRoute(event);
  events.next(event);
}
