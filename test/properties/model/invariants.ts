/**
 * What must hold after every step, whenever nothing is under way, and in the end. What each line is checked by, and when:
 *
 * | line | as it happens                                            | each step     | nothing under way                            | at the end              |
 * | ---- | -------------------------------------------------------- | ------------- | -------------------------------------------- | ----------------------- |
 * | C1   | a response leaves: with its options                      |               | none is lost                                 |                         |
 * | C2   | a message leaves: its id is in flight                    |               |                                              |                         |
 * | C3   | a message leaves: an explicit id is kept                 |               |                                              |                         |
 * | C4   | a message is written: once, in turn, alone               |               |                                              |                         |
 * | C5   | sent: kept or refused; leaves: to who reads or will read |               | delivered, rejected or reported; none waits  | settled in bounded time |
 * | C6   | it is refused for want of room: there is none            | bounds, books | open questions; nothing is left once closed  |                         |
 * | C7   | a message leaves, or comes in: of its own session        |               |                                              |                         |
 * | C8   | a message leaves, or comes in: with all that came along  |               |                                              |                         |
 * | C9   | it is sent: it leaves before `send()` returns            |               |                                              |                         |
 * | C10  |                                                          |               | thrown is reported, each once                |                         |
 * | C11  | it closes: `onclose` fires once; nothing leaves later    |               | nothing pends, no timer runs, once closed    | `close()` is idempotent |
 * | C15  | a response is replaced only if it cannot be written      |               |                                              |                         |
 * | C16  | it is sent: refused if another request may own it        |               |                                              |                         |
 *
 * As it happens: `leaving.ts`, `inbound.ts`, `prediction.ts` and `side.ts`. C5 in bounded time is a matter of the end: only
 * there has all the time passed that it may take.
 */
import type { RouteEvent } from '../../../src/index.js';
import { isInFlight } from './reference.js';
import { holds, show, type Out } from './records.js';
import type { Side } from './side.js';

/** At any moment. */
export function checkNow(side: Side): void {
  const { inFlight, parked } = side.transport.backchannel.snapshot();
  const { maxParked } = side.config;
  holds(parked <= maxParked, 'C6 the parked queue is bounded', () => `${parked} of ${maxParked}`);
  const held = inFlight.map(({ session, id, method }) => show([side.sessionNamed(session), id, method])).sort();
  const known = side.requests
    .filter((req) => req.life === side.life && side.isOpen && isInFlight(req))
    .map(({ session, id, method }) => show([session, id, method]))
    .sort();
  holds(show(held) === show(known), 'C6 the ledger holds what is in flight', () => `${show(held)}, not ${show(known)}`);
}

/** Whenever every promise has settled that can. */
export function checkSettled(side: Side): void {
  checkThrown(side);
  checkClosed(side);
  checkNow(side);
  for (const out of side.outs.values()) checkSettledSend(out);
  checkNotifications(side);
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

/** What `send()` has said of a message is true. */
function checkSettledSend({ status, left, kind, error, message }: Out): void {
  if (status === 'pending' || left > 0) return;
  if (kind === 'request') {
    const { name } = (error ?? {}) as Partial<Error>;
    const isRejected = status === 'rejected' && name === 'BackchannelError';
    holds(isRejected, 'C5 a request is delivered or rejected', () => `${show(message)}: ${name ?? status}`);
  } else if (kind === 'response') {
    holds(status === 'rejected', 'C1 a response leaves', () => show(message));
  }
}

/** While it is closed, nobody waits and nothing is kept. */
function checkClosed(side: Side): void {
  for (const { status, life, afterClose, message } of side.outs.values()) {
    const isOver = life < side.life || !side.isOpen;
    if (isOver && !afterClose)
      holds(status !== 'pending', 'C11 closing settles what is pending', () => `${side.name}: ${show(message)}`);
  }
  if (side.isOpen) return;
  const { inFlight, openExchanges, parked } = side.transport.backchannel.snapshot();
  const left = inFlight.length + openExchanges + parked;
  holds(left === 0, 'C6 nothing is left after close', () => show({ inFlight, openExchanges, parked }));
}

/** After everything that is bounded in time. */
export function checkEnd(side: Side): void {
  for (const out of side.outs.values()) {
    if (out.status !== 'pending') continue;
    holds(mayBePending(side, out), 'C5 send() settles in bounded time', () => show(out.message));
  }
  const { openExchanges } = side.transport.backchannel.snapshot();
  const { open, isSeen } = side.connections;
  if (side.config.orphanTimeoutMs > 0 && side.hasStreams && isSeen && open === 0) {
    holds(openExchanges === 0, 'C5 no question hangs when the client is gone', () => `${side.name} ${openExchanges}`);
  }
}

/** A transport with one pipe may never drain; it is closed in the end. */
function mayBePending(side: Side, out: Out): boolean {
  if (out.afterClose) return true;
  return !side.hasStreams || out.kind === 'garbage' || (out.kind === 'response' && out.target === undefined);
}

/** C5: sent = delivered + reported + what waits for a stream, exactly. */
function checkNotifications(side: Side): void {
  const told = side.events.filter(
    ({ id, outcome, error }) =>
      id === undefined && (outcome === 'refused' || outcome === 'superseded' || isUnwritable(outcome, error)),
  );
  checkReported(side, told);
  // What waits for its turn is neither here nor there.
  if (side.writes.length > 0 || side.connections.store.isRead) return;
  const unsent = [...side.outs.values()].filter(({ left, status }) => left === 0 && status !== 'rejected');
  const missing = unsent.filter(({ kind }) => kind === 'notification');
  const questions = unsent.filter(({ kind, status }) => kind === 'request' && status === 'pending');
  const waiting = side.transport.backchannel.snapshot().parked - questions.length;
  // Those that were under way when the transport was closed: nobody watches `routes$` any more. Some were being written.
  const late = side.errors.filter(({ message }) => message.includes('closed first')).length - side.cutShort;
  holds(missing.length === told.length + late + waiting, 'C5 a notification is delivered or reported', () => {
    const lost = show(missing.map(({ message }) => message));
    return `${missing.length} were not delivered, ${told.length} and ${late} reported, ${waiting} wait: ${lost}`;
  });
}

/** A pipe was asked to write it, and failed. */
function isUnwritable(outcome: RouteEvent['outcome'], error: Error | undefined): boolean {
  return outcome === 'failed' && (error as { readonly code?: string } | undefined)?.code === 'UNWRITABLE_MESSAGE';
}

function checkReported(side: Side, told: readonly RouteEvent[]): void {
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
