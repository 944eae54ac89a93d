import { withChangedText } from '../changed-text.js';
import { callbackFailed } from '../interceptor/report.js';
import type { Carrier } from '../proxy-carrier.js';
import type { JsonRpcMessage, RequestMessage } from '../routing/message.js';

/** A carrier that knows the session. */
export interface Carry {
  toBackend(message: JsonRpcMessage): JsonRpcMessage;
  toClient(message: RequestMessage): JsonRpcMessage;
}

const NOTHING: Carry = { toBackend: (message) => message, toClient: (message) => message };

/** A carrier for the messages of one session. Without one, nothing is added. */
export function carryIn(
  carrier: Carrier | undefined,
  session: () => string | undefined,
  report: (error: Error) => void,
): Carry {
  if (carrier === undefined) return NOTHING;
  const carried = (message: JsonRpcMessage, add: () => JsonRpcMessage): JsonRpcMessage => {
    try {
      const added = add();
      return added === message ? message : withChangedText(added, message);
    } catch (cause) {
      report(callbackFailed('carrier', cause));
      return message;
    }
  };
  return {
    toBackend: (message) => carried(message, () => carrier.toBackend(session(), message)),
    toClient: (message) => carried(message, () => carrier.toClient(session(), message)),
  };
}
