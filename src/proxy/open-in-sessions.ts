import { StreamableHTTPServerTransport } from '../http/transport.js';
import type { ProxySnapshot } from './options.js';
import type { Downstream } from './session.js';

/** What is open in these sessions, all together. */
export function openIn(
  sessions: Iterable<{ readonly downstream: Downstream }>,
): Pick<ProxySnapshot, 'inFlight' | 'parked' | 'bufferedBytes'> {
  let inFlight = 0;
  let parked = 0;
  let bufferedBytes = 0;
  for (const { downstream } of sessions) {
    const snapshot = downstream.backchannel.snapshot();
    inFlight += snapshot.inFlight.length;
    parked += snapshot.parked;
    if (downstream instanceof StreamableHTTPServerTransport) bufferedBytes += downstream.bufferedBytes;
  }
  return { inFlight, parked, bufferedBytes };
}
