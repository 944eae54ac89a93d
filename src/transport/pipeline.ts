import { Subject, map, type OperatorFunction } from 'rxjs';
import { BackchannelError } from '../errors.js';
import type { Settings } from '../options.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import {
  cancelledIdOf,
  isMethodMessage,
  isModern,
  isNotification,
  isRequest,
  isResponse,
  scopeOf,
  type JsonRpcMessage,
  type MethodMessage,
  type Scope,
} from '../routing/message.js';
import { route, type Route, type Streams } from '../routing/route.js';
import { Sessions } from '../routing/sessions.js';
import type { Inbound, Outbound } from './events.js';
import { onBehalfOf, outerOrigin } from './origin.js';
import type { ParkedMessage } from './parked-message.js';
import { callbackFailed, type Report } from './report.js';

/** An inbound message on its way to the proxy. */
interface Arrival extends Inbound {
  /** The request as it stands in the ledger; other messages have none. */
  readonly entry: InFlight | undefined;
}

/** An outbound message on its way to the client. */
export interface Departure extends Outbound {
  /** When `send()` was called, in milliseconds of the performance clock. */
  readonly since: number;
  /** The request on whose behalf it was sent. */
  readonly origin: InFlight | undefined;
  /** What `send()` returns. The delivery sets it. */
  settled: Promise<void> | undefined;
  /** Its place in the waiting room, from the first time it was parked. */
  parked: ParkedMessage | undefined;
}

/** An outbound message and what was decided about it. */
export type Decision =
  /** A response, or what is no JSON-RPC message at all: it leaves exactly as it came. */
  | { readonly kind: 'response'; readonly departure: Departure; readonly entry: InFlight | undefined }
  /** A server-initiated message and its route; `ledger` is unknown where no session can be named. */
  | {
      readonly kind: 'server-initiated';
      readonly departure: Departure;
      readonly message: MethodMessage;
      readonly ledger: Ledger | undefined;
      readonly route: Route;
    }
  /** Sent on behalf of a connection that is closed. */
  | { readonly kind: 'late'; readonly departure: Departure; readonly message: MethodMessage };

/** What the pipeline needs of the transport around it. */
export interface Surroundings {
  readonly settings: Settings;
  readonly streams: Streams;
  /** Tells this transport from others in the async context. */
  readonly identity: object;
  /** A request was written into the ledger, and is about to be handed over. */
  arrived(entry: InFlight): void;
  /** Hands an inbound message to the proxy. May throw what the proxy throws. */
  handOver(message: JsonRpcMessage, extra: unknown): void;
  /** The proxy's handler threw, so that nobody will answer this request. */
  failed(entry: InFlight): void;
  /** Sends, refuses or reports an outbound message, and settles its `send()`. */
  deliver(decision: Decision): void;
  readonly report: Report;
}

/**
 * One life of a transport, from start to close: `inbound$` ▸ track ▸ dispatch, and
 * `outbound$` ▸ decide ▸ deliver. Synchronous from end to end when nothing has to wait.
 */
export class Pipeline {
  readonly sessions: Sessions;
  readonly #inbound = new Subject<Inbound>();
  readonly #outbound = new Subject<Departure>();

  constructor(around: Surroundings) {
    this.sessions = new Sessions(around.identity);
    this.#inbound.pipe(track(this.sessions, around)).subscribe(dispatch(around));
    this.#outbound.pipe(decide(this.sessions, around)).subscribe(deliver(around));
  }

  receive(message: JsonRpcMessage, extra: unknown): void {
    this.#inbound.next({ message, extra });
  }

  send(departure: Departure): void {
    this.#outbound.next(departure);
  }

  /** What arrives or departs from now on goes nowhere: nobody but this class feeds the two Subjects. */
  close(): void {
    this.#inbound.complete();
    this.#outbound.complete();
    this.sessions.close();
  }
}

/** Writes requests into their session's ledger, and takes out what the client has answered or cancelled. */
function track(sessions: Sessions, around: Surroundings): OperatorFunction<Inbound, Arrival> {
  return map(({ message, extra }) => {
    const ledger = inboundLedger(sessions, around, message, extra);
    const entry = ledger && record(ledger, message, around);
    if (ledger && entry === undefined) sessions.prune(ledger);
    return { message, extra, entry };
  });
}

function record(ledger: Ledger, message: JsonRpcMessage, around: Surroundings): InFlight | undefined {
  if (isRequest(message)) {
    ledger.modern = isModern(message);
    const { entry, replaced } = ledger.receive(message, outerOrigin(around.identity));
    if (replaced !== undefined) around.report(duplicate(entry, replaced));
    return entry;
  }
  if (isResponse(message)) {
    ledger.closeExchange(message.id);
  } else if (isNotification(message) && message.method === 'notifications/cancelled') {
    const id = cancelledIdOf(message);
    if (id !== undefined) ledger.cancel(id);
  }
  return undefined;
}

/** Calls the proxy, on behalf of the request. What the proxy throws stays here. */
function dispatch(around: Surroundings): (arrival: Arrival) => void {
  const handOver = around.handOver.bind(around);
  return ({ message, extra, entry }) => {
    if (entry !== undefined) around.arrived(entry);
    try {
      if (entry !== undefined && around.settings.attribution === 'context') {
        onBehalfOf(entry, handOver, message, extra);
      } else {
        handOver(message, extra);
      }
    } catch (cause) {
      around.report(callbackFailed('onmessage', cause));
      if (entry?.state === 'in-flight') around.failed(entry);
    }
  };
}

/** Decides where each message goes. */
function decide(sessions: Sessions, around: Surroundings): OperatorFunction<Departure, Decision> {
  return map((departure) => {
    const { message, options, origin } = departure;

    if (!isMethodMessage(message)) {
      if (!isResponse(message)) return { kind: 'response', departure, entry: undefined };
      const ledger = outboundLedger(sessions, around, departure, origin);
      const entry = ledger?.answer(message);
      if (ledger !== undefined) sessions.prune(ledger);
      return { kind: 'response', departure, entry };
    }

    if (origin?.ledger.life.over === true) return { kind: 'late', departure, message };
    const ledger = outboundLedger(sessions, around, departure, origin);
    if (ledger === undefined) {
      return {
        kind: 'server-initiated',
        departure,
        message,
        ledger,
        route: { to: 'unchanged', evidence: 'not-inferred' },
      };
    }
    const hints = {
      explicit: options?.relatedRequestId,
      context: origin?.ledger === ledger ? origin : undefined,
      scope: scope(message.method, around),
      ambiguous: around.settings.ambiguous,
      late: departure.parked?.isLate ?? isLateAtOnce(around.settings),
    };
    return {
      kind: 'server-initiated',
      departure,
      message,
      ledger,
      route: route(message, ledger, hints, around.streams),
    };
  });
}

function deliver(around: Surroundings): (decision: Decision) => void {
  return (decision) => {
    around.deliver(decision);
  };
}

function inboundLedger(
  sessions: Sessions,
  around: Surroundings,
  message: JsonRpcMessage,
  extra: unknown,
): Ledger | undefined {
  const { sessionOf } = around.settings;
  if (sessionOf === undefined) return sessions.named(undefined);
  const session = consult('sessionOf', around, () => sessionOf(message, extra));
  return session === undefined ? undefined : sessions.named(session);
}

/** The session an outbound message belongs to. Never guessed: with several, it is known or it is not. */
function outboundLedger(
  sessions: Sessions,
  around: Surroundings,
  { message, options }: Departure,
  origin: InFlight | undefined,
): Ledger | undefined {
  const { sessionOf } = around.settings;
  if (sessionOf === undefined) return sessions.named(undefined);
  const session = consult('sessionOf', around, () => sessionOf(message, options));
  if (session !== undefined) return sessions.named(session);
  if (origin !== undefined) return currentLedger(sessions, origin);
  return isResponse(message) ? sessions.holding(message.id) : undefined;
}

/** A ledger is dropped when nothing is left in it: its session may have another by now. */
function currentLedger(sessions: Sessions, { ledger }: InFlight): Ledger {
  return ledger.life === sessions ? sessions.named(ledger.session) : ledger;
}

/** Who may not wait is late from the start; what may go on the standalone stream only is never late. */
function isLateAtOnce({ parkTimeoutMs, sessionWide }: Settings): boolean {
  return parkTimeoutMs === 0 && sessionWide === 'prefer-standalone';
}

function scope(method: string, around: Surroundings): Scope {
  const { scopeOf: own } = around.settings;
  const chosen = own && consult('scopeOf', around, () => own(method));
  return chosen ?? scopeOf(method);
}

/** Calls a hook. One that throws has said nothing. */
function consult<R>(name: string, around: Surroundings, hook: () => R | undefined): R | undefined {
  try {
    return hook();
  } catch (cause) {
    around.report(callbackFailed(name, cause));
    return undefined;
  }
}

function duplicate(entry: InFlight, replaced: InFlight): BackchannelError {
  return new BackchannelError(
    'DUPLICATE_REQUEST_ID',
    `request ${entry.method} came in with the id ${JSON.stringify(entry.id)} of ${replaced.method}, which is still in ` +
      'flight. The id now stands for the newer one. The client must not use an id twice within a session.',
  );
}
