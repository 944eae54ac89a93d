/** What must hold after every step, whenever nothing is under way, and in the end. */
import { isInFlight } from './reference.js';
import { holds, show, type Out } from './records.js';
import type { Side } from './side.js';

/** At any moment. */
export function checkNow(side: Side): void {
  const { inFlight, parked } = side.transport.backchannel.snapshot();
  const { maxParked } = side.config;
  holds(parked <= maxParked, 'C6 the waiting room is bounded', () => `${parked} of ${maxParked}`);
  const held = inFlight.map(({ session, id, method }) => show([session, id, method])).sort();
  const known = side.requests
    .filter((req) => req.life === side.life && side.isOpen && isInFlight(req))
    .map(({ session, id, method }) => show([session, id, method]))
    .sort();
  holds(show(held) === show(known), 'C6 the ledger holds what is in flight', () => `${show(held)}, not ${show(known)}`);
}

/** Whenever every promise has settled that can. */
export function checkSettled(side: Side): void {
  checkNow(side);
  const { openExchanges, parked } = side.transport.backchannel.snapshot();
  const mayLeave = side.isWatched && side.isOpen && side.connections.standaloneKnown !== undefined;
  if (mayLeave) holds(parked === 0, 'C5 nothing waits for a stream that is open', () => `${side.name}: ${parked}`);
  if (side.isUncertain) return;
  let open = 0;
  for (const [session, { questions }] of side.facts) {
    if (session !== 'unknown') open += questions.filter((question) => question.open).length;
  }
  holds(openExchanges === open, 'C6 open exchanges are open questions', () => `${openExchanges}, not ${open}`);
}

/** After everything that is bounded in time, and once more after closing. */
export function checkEnd(side: Side, when: 'in time' | 'closed'): void {
  for (const out of side.outs.values()) {
    if (out.status === 'pending') {
      holds(mayBePending(side, out, when), 'C5 send() settles in bounded time', () => `${show(out.message)} ${when}`);
    } else if (out.left === 0 && out.kind === 'request') {
      const { name } = (out.error ?? {}) as Partial<Error>;
      const isRejected = out.status === 'rejected' && name === 'BackchannelError';
      holds(isRejected, 'C5 a request is delivered or rejected', () => `${show(out.message)}: ${name ?? out.status}`);
    } else if (out.left === 0 && out.kind === 'response') {
      holds(out.status === 'rejected', 'C1 a response leaves', () => show(out.message));
    }
  }
  const { inFlight, openExchanges, parked } = side.transport.backchannel.snapshot();
  if (when === 'closed') {
    const left = inFlight.length + openExchanges + parked;
    holds(left === 0, 'C6 nothing is left after close', () => show({ inFlight, openExchanges, parked }));
    checkNotifications(side);
    checkThrown(side);
    return;
  }
  const { open, isSeen } = side.connections;
  if (side.config.orphanTimeoutMs > 0 && side.hasStreams && isSeen && open === 0) {
    holds(openExchanges === 0, 'C5 no question hangs when the client is gone', () => `${side.name} ${openExchanges}`);
  }
}

/** A transport with one pipe may never drain; it is closed in the end. */
function mayBePending(side: Side, out: Out, when: 'in time' | 'closed'): boolean {
  if (out.afterClose) return true;
  if (when === 'closed') return false;
  return !side.hasStreams || out.kind === 'garbage' || (out.kind === 'response' && out.target === undefined);
}

/** C5: sent = delivered + reported, exactly. */
function checkNotifications(side: Side): void {
  const notifications = [...side.outs.values()].filter(({ kind }) => kind === 'notification');
  const missing = notifications.filter(({ left, status }) => left === 0 && status !== 'rejected');
  const told = side.events.filter(
    ({ id, outcome }) => id === undefined && (outcome === 'refused' || outcome === 'superseded'),
  );
  // Those that were under way when the transport was closed: nobody watches `routes$` any more. Some were being written.
  const late = side.errors.filter(({ message }) => message.includes('closed meanwhile')).length - side.cutShort;
  holds(missing.length === told.length + late, 'C5 a notification is delivered or reported', () => {
    const lost = show(missing.map(({ message }) => message));
    return `${missing.length} were not delivered, ${told.length} and ${late} reported: ${lost}`;
  });
  for (const { error, method } of told) {
    if (error === undefined || (error as { readonly code?: string }).code === 'CANCELLED') continue;
    holds(side.errors.includes(error), 'C5 onerror hears of it', () => method);
  }
}

/** C10: what somebody's code throws is reported, each once. */
function checkThrown(side: Side): void {
  const reported = side.errors.filter(({ code }) => code === 'CALLBACK_FAILED').map(({ cause }) => cause);
  for (const error of side.thrown) {
    const times = reported.filter((cause) => cause === error).length;
    holds(times === 1, 'C10 what a callback throws reaches onerror', () => `${error.message}: ${times} times`);
  }
  holds(reported.length === side.thrown.length, 'C10 nothing else is reported so', () => show(reported.map(String)));
}
