/**
 * `inbound$` ▸ track ▸ dispatch, and `outbound$` ▸ decide ▸ deliver. Synchronous from end to end when
 * nothing has to wait.
 *
 * One pair of streams serves all wrapped transports of the process, because a pair for each would be
 * most of what an idle session costs. Each message carries its own transport, and an operator that
 * fails on one message lets that message pass: no message can end the streams of the others.
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
import type { Surroundings } from './wrapped-transport.js';

/** An inbound message on its way to the proxy. */
interface Arrival extends Inbound {
  readonly around: Surroundings;
  /** The request as it stands in the ledger; other messages have none. */
  readonly entry: InFlight | undefined;
}

const inbound$ = new Subject<Arrival>();
const outbound$ = new Subject<Departure>();

inbound$.pipe(each(track, untracked)).subscribe(dispatch);
outbound$.pipe(each(decide, undecided)).subscribe(deliver);

/** A message has come in from the client. */
export function receive(around: Surroundings, message: JsonRpcMessage, extra: unknown): void {
  inbound$.next({ around, message, extra, entry: undefined });
}

/** A message is to leave for the client. */
export function send(departure: Departure): void {
  outbound$.next(departure);
}

/** Like `map`, and with another result for a value on which `project` fails. */
function each<T, R>(project: (value: T) => R, otherwise: (value: T, cause: unknown) => R): OperatorFunction<T, R> {
  return map((value) => {
    try {
      return project(value);
    } catch (cause) {
      return otherwise(value, cause);
    }
  });
}

/** Writes requests into their session's ledger, and takes out what the client has answered or cancelled. */
function track(arrival: Arrival): Arrival {
  const { around, message, extra } = arrival;
  const ledger = inboundLedger(around, message, extra);
  if (ledger === undefined) return arrival;
  if (isRequest(message)) return { around, message, extra, entry: begin(message, ledger, around) };
  if (isResponse(message)) {
    ledger.closeExchange(message.id);
  } else if (isNotification(message) && message.method === 'notifications/cancelled') {
    const id = cancelledIdOf(message);
    if (id !== undefined) ledger.cancel(id);
  }
  around.sessions.prune(ledger);
  return arrival;
}

function begin(message: RequestMessage, ledger: Ledger, around: Surroundings): InFlight {
  ledger.modern = isModern(message);
  const { entry, replaced } = ledger.receive(message, outerOrigin(around.identity));
  if (replaced !== undefined) around.report(duplicate(entry, replaced));
  return entry;
}

function untracked(arrival: Arrival, cause: unknown): Arrival {
  arrival.around.report(unreadable('from the client', cause));
  return arrival;
}

/** Calls the proxy, on behalf of the request. What the proxy throws stays here. */
function dispatch({ around, message, extra, entry }: Arrival): void {
  if (entry !== undefined) around.arrived(entry);
  try {
    if (entry !== undefined && around.settings.attribution === 'context') {
      onBehalfOf(entry, handOver, around, message, extra);
    } else {
      around.handOver(message, extra);
    }
  } catch (cause) {
    around.report(callbackFailed('onmessage', cause));
    if (entry?.state === 'in-flight') around.failed(entry);
  }
}

function handOver(around: Surroundings, message: JsonRpcMessage, extra: unknown): void {
  around.handOver(message, extra);
}

function undecided(departure: Departure, cause: unknown): Decision {
  departure.around.report(unreadable('to the client', cause));
  return { kind: 'response', departure, entry: undefined, answers: undefined };
}

/** A message may be readable when it is decided about, and not when it is delivered. */
function deliver(decision: Decision): void {
  const { departure } = decision;
  const { around } = departure;
  try {
    around.deliver(decision);
  } catch (cause) {
    undelivered(departure, cause);
  }
  // It may have been made for this message, and hold nothing of it.
  if (decision.kind === 'server-initiated' && decision.ledger !== undefined) around.sessions.prune(decision.ledger);
}

function undelivered(departure: Departure, cause: unknown): void {
  const { around, parked, settled } = departure;
  if (settled === undefined) {
    // What was about to be parked has not come to its place.
    departure.parked = undefined;
    around.report(unreadable('to the client', cause));
    around.deliver({ kind: 'response', departure, entry: undefined, answers: undefined });
  } else if (parked === undefined) {
    around.report(unreadable('to the client', cause));
  } else {
    const error = unreadable(
      'to the client',
      cause,
      'It was not sent: it could be read before it waited for a stream.',
    );
    around.report(error);
    // Nobody waits with a notification.
    parked.settle(parked.id === undefined ? Promise.resolve() : Promise.reject(error));
  }
}

function inboundLedger(around: Surroundings, message: JsonRpcMessage, extra: unknown): Ledger | undefined {
  const { settings, sessions } = around;
  const { sessionOf } = settings;
  if (sessionOf === undefined) return sessions.named(undefined);
  const session = consult('sessionOf', around, () => sessionOf(message, extra));
  return session === undefined ? undefined : sessions.named(session);
}

function duplicate(entry: InFlight, replaced: InFlight): BackchannelError {
  return new BackchannelError(
    'DUPLICATE_REQUEST_ID',
    `request ${shownMethod(entry.method)} came in with the id ${shown(entry.id)} of ${shownMethod(replaced.method)}, ` +
      'which is still in flight. The id now stands for the newer one. The client must not use an id twice within a session.',
  );
}

const PASSED_ON = 'It was passed on as it is, and is not known to be in flight.';

function unreadable(which: string, cause: unknown, whatBecameOfIt = PASSED_ON): BackchannelError {
  const text = `a message ${which} throws when it is read. ${whatBecameOfIt}`;
  return new BackchannelError('UNREADABLE_MESSAGE', text, { cause });
}
