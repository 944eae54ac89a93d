import type { Carrier } from '../proxy-carrier.js';
import type { JsonRpcMessage, RequestMessage } from '../routing/message.js';

/** A carrier that knows the session. */
export interface Carry {
  toBackend(message: JsonRpcMessage): JsonRpcMessage;
  toClient(message: RequestMessage): JsonRpcMessage;
}

const NOTHING: Carry = { toBackend: (message) => message, toClient: (message) => message };

/** A carrier for the messages of one session. */
export function carryIn(carrier: Carrier | undefined, session: () => string | undefined): Carry {
  if (carrier === undefined) return NOTHING;
  return {
    toBackend: (message) => carrier.toBackend(session(), message),
    toClient: (message) => carrier.toClient(session(), message),
  };
}
