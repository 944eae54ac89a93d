/**
 * `inbound$` ▸ track ▸ dispatch, and `outbound$` ▸ decide ▸ deliver. Both are synchronous from end to end when nothing
 * has to wait.
 *
 * One pair of observables serves all wrapped transports of the process, because a pair for each transport would be most
 * of the cost of an idle session. Each message carries its own transport. If an operator fails on a message, it lets
 * that message pass, so that no message can end the observables of the others.
 */
import { Subject, map, type OperatorFunction } from 'rxjs';
import { BackchannelError } from '../errors.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import {
  cancelledIdOf,
  isModern,
  isNotification,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestMessage,
} from '../routing/message.js';
import { consult, decide } from './decide.js';
import type { Decision, Departure } from './departure.js';
import type { Inbound } from './events.js';
import { onBehalfOf, outerOrigin } from './origin.js';
import { callbackFailed, shown, shownMethod } from './report.js';
import { takesStamps } from './takes-stamps.js';
import type { ReceivingTransport } from './wrapped-transport.js';

/** An inbound message on its way to the proxy. */
interface Arrival extends Inbound {
  readonly transport: ReceivingTransport;
  /** A request's entry in the ledger. Other messages have none. */
  readonly entry: InFlight | undefined;
}

const inbound$ = new Subject<Arrival>();
const outbound$ = new Subject<Departure>();

inbound$.pipe(each(track, untracked)).subscribe(dispatch);
outbound$.pipe(each(decide, undecided)).subscribe(deliver);

/** A message has come in from the client. */
export function receive(transport: ReceivingTransport, message: JsonRpcMessage, extra: unknown): void {
  inbound$.next({ transport, message, extra, entry: undefined });
}

/** A message is sent to the client. */
export function send(departure: Departure): void {
  outbound$.next(departure);
}

/** Like `map`, but a value on which `project` fails is given to `otherwise`. */
function each<T, R>(project: (value: T) => R, otherwise: (value: T, cause: unknown) => R): OperatorFunction<T, R> {
  return map((value) => {
    try {
      return project(value);
    } catch (cause) {
      return otherwise(value, cause);
    }
  });
}

/** Writes requests into their session's ledger, and removes what the client has answered or cancelled. */
function track(arrival: Arrival): Arrival {
  const { transport, message, extra } = arrival;
  const ledger = inboundLedger(transport, message, extra);
  if (ledger === undefined) return arrival;
  if (isRequest(message)) return { transport, message, extra, entry: begin(arrival, message, ledger) };
  if (isResponse(message)) {
    ledger.exchanges.close(message.id);
  } else if (isNotification(message) && message.method === 'notifications/cancelled') {
    const id = cancelledIdOf(message);
    if (id !== undefined) ledger.cancel(id);
  }
  transport.ledgers.prune(ledger);
  return arrival;
}

function begin({ transport, extra }: Arrival, message: RequestMessage, ledger: Ledger): InFlight {
  ledger.modern = isModern(message);
  if (message.method === 'initialize' && ledger.session === undefined)
    transport.ledgers.takesStamps = takesStamps(extra);
  const { entry, replaced } = ledger.receive(message, outerOrigin(transport.identity));
  if (replaced !== undefined) transport.report(duplicate(entry, replaced));
  return entry;
}

function untracked(arrival: Arrival, cause: unknown): Arrival {
  arrival.transport.report(unreadable('from the client', cause));
  return arrival;
}

/** Calls the proxy on behalf of the request. An error that the proxy throws goes no further. */
function dispatch({ transport, message, extra, entry }: Arrival): void {
  if (entry !== undefined) transport.arrived(entry);
  try {
    if (entry !== undefined && transport.settings.attribution === 'context') {
      onBehalfOf(entry, handOver, transport, message, extra);
    } else {
      transport.handOver(message, extra);
    }
  } catch (cause) {
    transport.report(callbackFailed('onmessage', cause));
    if (entry?.state === 'in-flight') transport.handlerFailed(entry);
  }
}

function handOver(transport: ReceivingTransport, message: JsonRpcMessage, extra: unknown): void {
  transport.handOver(message, extra);
}

function undecided(departure: Departure, cause: unknown): Decision {
  return {
    kind: 'response',
    departure,
    entry: undefined,
    answers: undefined,
    unread: unreadable('to the client', cause),
  };
}

/** A message may be readable when it is decided about, and unreadable when it is delivered. */
function deliver(decision: Decision): void {
  const { departure } = decision;
  const { transport } = departure;
  try {
    transport.deliver(decision);
  } catch (cause) {
    undelivered(departure, cause);
  }
  // The ledger may have been made for this message, and hold nothing of it.
  if (decision.kind === 'server-initiated' && decision.ledger !== undefined) transport.ledgers.prune(decision.ledger);
}

function undelivered(departure: Departure, cause: unknown): void {
  const { transport, parked, settled } = departure;
  if (settled === undefined) {
    // It was about to be parked, and was not.
    departure.parked = undefined;
    transport.deliver(undecided(departure, cause));
  } else if (parked === undefined) {
    transport.report(unreadable('to the client', cause));
  } else {
    const error = unreadable('to the client', cause, 'It was not sent: it was readable before it waited for a stream.');
    transport.report(error);
    // The sender of a notification does not wait.
    parked.settle(parked.id === undefined ? Promise.resolve() : Promise.reject(error));
  }
}

function inboundLedger(transport: ReceivingTransport, message: JsonRpcMessage, extra: unknown): Ledger | undefined {
  const { settings, ledgers } = transport;
  const { sessionOf } = settings;
  if (sessionOf === undefined) return ledgers.named(undefined);
  const session = consult('sessionOf', transport, () => sessionOf(message, extra));
  return session === undefined ? undefined : ledgers.named(session);
}

function duplicate(entry: InFlight, replaced: InFlight): BackchannelError {
  return new BackchannelError(
    'DUPLICATE_REQUEST_ID',
    `request ${shownMethod(entry.method)} came in with the id ${shown(entry.id)} of ${shownMethod(replaced.method)}, ` +
      'which is still in flight. The id now names the newer one. The client must not use an id twice within a session.',
  );
}

const PASSED_ON = 'It was passed on as it is, and is not counted as in flight.';

function unreadable(which: string, cause: unknown, whatBecameOfIt = PASSED_ON): BackchannelError {
  const text = `a message ${which} throws an error when it is read. ${whatBecameOfIt}`;
  return new BackchannelError('UNREADABLE_MESSAGE', text, { cause });
}
