import type { RoundEvent } from '../modern/round-events.js';
import type { Resumed, Suspended } from '../proxy-events.js';

/** A round of a call without a session, as an event of the proxy. */
export function ofRound({
  session,
  method,
  id,
  call,
  round,
  inputs,
  outcome,
  waitedMs,
}: RoundEvent): Suspended | Resumed {
  const of = { at: Date.now(), session, client: undefined, id: call, clientId: id, method, round };
  return outcome === 'asked' ? { kind: 'suspended', ...of, inputs } : { kind: 'resumed', ...of, outcome, waitedMs };
}
