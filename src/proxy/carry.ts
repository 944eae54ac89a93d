import { withChangedText } from '../changed-text.js';
import { callbackFailed } from '../interceptor/report.js';
import type { Carrier } from '../proxy-carrier.js';
import type { JsonRpcMessage, RequestId, RequestMessage } from '../routing/message.js';

/** A carrier that knows the session. */
export interface Carry {
  toBackend(message: JsonRpcMessage): JsonRpcMessage;
  /** @param call the call on whose stream the message leaves, if any */
  readonly toClient: ((message: RequestMessage, call: RequestId | undefined) => JsonRpcMessage) | undefined;
}

const NOTHING: Carry = { toBackend: (message) => message, toClient: undefined };

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
    toClient: (message, call) => carried(message, () => carrier.toClient(session(), message, call)),
  };
}
