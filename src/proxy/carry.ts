import { addingHeaders, type AddedHeaders } from '../added-headers.js';
import { withChangedText } from '../changed-text.js';
import { isHeaderName } from '../header-value.js';
import { callbackFailed } from '../interceptor/report.js';
import type { OnLeaving } from '../leaving.js';
import type { Carrier } from '../proxy-carrier.js';
import type { JsonRpcMessage } from '../routing/message.js';

/** A carrier that knows the session. */
export interface Carry {
  toBackend(message: JsonRpcMessage): JsonRpcMessage;
  /** Sends a message that `toBackend()` has changed. @param message as it was before */
  sending<R>(message: JsonRpcMessage, send: () => R): R;
  /** What the message becomes when it leaves for the client. `undefined`: it stays as it is. */
  onLeaving(message: JsonRpcMessage): OnLeaving | undefined;
}

const NOTHING: Carry = {
  toBackend: (message) => message,
  sending: (_message, send) => send(),
  onLeaving: () => undefined,
};

/** A carrier for the messages of one session. Without one, nothing is added. */
export function carryIn(
  carrier: Carrier | undefined,
  session: () => string | undefined,
  report: (error: Error) => void,
): Carry {
  if (carrier === undefined) return NOTHING;
  const guarded = <R>(work: () => R, otherwise: R): R => {
    try {
      return work();
    } catch (cause) {
      report(callbackFailed('carrier', cause));
      return otherwise;
    }
  };
  const carried = (message: JsonRpcMessage, add: () => JsonRpcMessage): JsonRpcMessage =>
    guarded(() => {
      const added = add();
      return added === message ? message : withChangedText(added, message);
    }, message);
  return {
    toBackend: (message) => carried(message, () => carrier.toBackend(session(), message)),
    // Without headers of its own, it has not those of the message in whose context it is sent either.
    sending: (message, send) =>
      addingHeaders(
        guarded(() => writable(carrier.headersToBackend?.(session(), message) ?? {}, report), {}),
        send,
      ),
    onLeaving: (message) => (call) => carried(message, () => carrier.toClient(session(), message, call)),
  };
}

/** Those that HTTP can write. Another would cost the message. */
function writable(headers: AddedHeaders, report: (error: Error) => void): AddedHeaders {
  const all = Object.entries(headers);
  const faults = all.filter(([name, value]) => !isHeaderName(name) || !isHeaderValue(value));
  if (faults.length === 0) return headers;
  const names = faults.map(([name]) => name);
  report(
    callbackFailed('carrier', new TypeError(`headersToBackend() gave what is no HTTP header: ${names.join(', ')}`)),
  );
  return Object.fromEntries(all.filter(([name]) => !names.includes(name)));
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
function isHeaderValue(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
}
