import type { Cluster } from '../cluster/cluster.js';
import type { Incoming } from './guard.js';
import { lastWords, NOT_FOUND, type Answer } from './own-answers.js';

/** A client that comes back to the stream of a call hears that the call is lost. */
export function lastWordsFor({ method, headers }: Incoming, cluster: Cluster | undefined): Answer {
  const lastEventId = method === 'GET' ? headers.get('last-event-id') : null;
  const lost = lastEventId === null ? undefined : cluster?.eventIds.lostStream(lastEventId);
  return lost === undefined || lost === 'not found' ? NOT_FOUND : lastWords(lost.events);
}
