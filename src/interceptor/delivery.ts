import { assertNever } from '../routing/assert-never.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import {
  cancelledIdOf,
  isMethodMessage,
  isNotification,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type MethodMessage,
  type RequestId,
} from '../routing/message.js';
import type { Route } from '../routing/route.js';
import { isEmptyResponse, unwritable } from './writable.js';
import type { BackchannelError } from '../errors.js';
import type { ParkingFailure } from '../streams/parking.js';
import type { TransportLike } from '../transport-like.js';
import { ParkedMessage, type Decision, type Departure } from './departure.js';
import { Forwarding, type Leaving, type Outlet } from './forwarding.js';
import type { Liveness } from './liveness.js';
import { OrderedStreams } from './ordered-streams.js';
import { cannotBeWritten, closed, gaveUp, refused, resultCannotBeWritten } from './refusals.js';
import type { RouteLog } from './route-log.js';
import { attempt, type Write, type WriteOrder } from './write-order.js';

/** Carries out what was decided: forwards a message to the inner transport, parks it, or refuses it and says why. */
export class Delivery implements Outlet {
  readonly streams: OrderedStreams;

  constructor(
    readonly inner: TransportLike,
    readonly order: WriteOrder,
    readonly liveness: Liveness | undefined,
    readonly log: RouteLog,
    private readonly fails: 'silently' | 'loudly',
  ) {
    this.streams = new OrderedStreams(liveness !== undefined);
  }

  /** Settles the promise that `send()` has returned, or will return. */
  deliver(decision: Decision): void {
    switch (decision.kind) {
      case 'response':
        this.#respond(decision);
        return;
      case 'of-closed-life':
        this.#refuse(decision.departure, decision.message, undefined, closed(decision.message));
        return;
      case 'server-initiated': {
        const { departure, message, ledger, route } = decision;
        if (this.#withdraws(message)) this.#dropWithdrawal(departure, message, ledger);
        else this.#follow(route, departure, message, ledger);
        return;
      }
      default:
        assertNever(decision);
    }
  }

  /** Settles a message that was never routed, because the transport is closed. */
  afterClose(departure: Departure): void {
    const { message, options } = departure;
    try {
      if (isMethodMessage(message)) this.#refuse(departure, message, undefined, closed(message));
    } catch {
      // A message that cannot be read counts as one of no known kind.
    }
    departure.settled ??= attempt(() => this.inner.send(message, options));
  }

  /** Settles a parked message that will not be tried again. */
  giveUp({ departure, message, ledger }: ParkedMessage, failure: ParkingFailure): void {
    if (failure === 'SUPERSEDED') {
      this.log.tell(departure, message, ledger, { outcome: 'superseded' });
      departure.settle(Promise.resolve());
    } else {
      this.#refuse(departure, message, ledger, gaveUp(message, failure, departure.transport.settings));
    }
  }

  #respond({ departure, entry, answers, unread }: Extract<Decision, { readonly kind: 'response' }>): void {
    const cause = this.#unwritable(departure.message, entry);
    if (cause !== undefined && this.#refusesUnwritable(departure, cause)) return;
    if (unread !== undefined) departure.transport.report(unread);
    const stream =
      answers === undefined
        ? entry && this.streams.of(entry, undefined)
        : this.streams.ofId(answers, undefined, departure.transport.ledgers);
    const id = cause && idOf(departure.message);
    const write =
      cause === undefined || id === undefined
        ? new UnchangedWrite(this.inner, departure)
        : new ErrorInPlace(this.inner, departure, id, cause);
    departure.settle(this.order.write(stream, departure.routedAt, write));
  }

  /** @returns whether the message is known to be no response. What cannot be read at all is passed on as it is */
  #refusesUnwritable(departure: Departure, cause: Error): boolean {
    const { message } = departure;
    try {
      if (isResponse(message) || isEmptyResponse(message)) return false;
      if (isMethodMessage(message)) this.#refuse(departure, message, undefined, cannotBeWritten(message, cause));
      else departure.settle(Promise.reject(cannotBeWritten(message, cause)));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Why a message cannot be written as JSON. It is asked before a message is given to a transport that would keep the
   * failure to itself, and before it waits for a stream. Other transports fail, and some pipes write no JSON at all.
   */
  #unwritable(message: JsonRpcMessage, answers?: InFlight, waits = false): Error | undefined {
    if (answers !== undefined && isEmptyResponse(message)) return new TypeError('it has no result');
    return waits || this.fails === 'silently' ? unwritable(message) : undefined;
  }

  #follow(route: Route, departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    // Whatever becomes of the cancellation, its sender no longer waits for an answer.
    if (message.method === 'notifications/cancelled') closeCancelled(message, ledger);
    const cause = this.#unwritable(message, undefined, route.to === 'parked');
    if (cause !== undefined) {
      this.#refuse(departure, message, ledger, cannotBeWritten(message, cause));
      return;
    }
    switch (route.to) {
      case 'request':
      case 'standalone':
      case 'unchanged':
        this.#forward(route, departure, message, ledger);
        return;
      case 'parked':
        this.#park(departure, message, ledger, route.until);
        return;
      case 'nowhere':
        this.#refuse(departure, message, ledger, refused(message, route.code, departure.options?.relatedRequestId));
        return;
      default:
        assertNever(route);
    }
  }

  #forward(route: Leaving, departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    departure.settle(new Forwarding(this, departure, message, ledger, route).begin());
  }

  #park(
    departure: Departure,
    message: MethodMessage,
    ledger: Ledger | undefined,
    until: 'standalone' | 'any-stream',
  ): void {
    const { liveness, log } = this;
    if (liveness === undefined)
      throw new TypeError('a message was parked on a transport whose streams are not watched');
    if (isNotification(message) && liveness.standaloneIsStored) {
      // The client finds it when it resumes its stream. A server request is parked: its sender must hear in time.
      const evidence = until === 'standalone' ? 'scope' : 'nothing-in-flight';
      this.#forward({ to: 'standalone', evidence }, departure, message, ledger);
      return;
    }
    const isNew = departure.parked === undefined;
    if (departure.parked === undefined) {
      departure.parked = new ParkedMessage(departure, message, ledger, until);
      // The sender of a notification does not wait with it: what becomes of it is reported.
      departure.settled = isNotification(message) ? Promise.resolve() : departure.parked.settled;
      if (isNotification(message)) departure.parked.settled.catch(departure.transport.report);
    }
    const waits = liveness.park(departure.parked);
    // Not earlier: whoever hears of it may close the transport, or take the message back.
    if (isNew && waits) log.tell(departure, message, ledger, { outcome: 'parked' });
  }

  /** Rejects a request. Reports a notification: an error thrown at its sender takes proxies down. */
  #refuse(departure: Departure, message: MethodMessage, ledger: Ledger | undefined, error: BackchannelError): void {
    this.log.tell(departure, message, ledger, { outcome: 'refused', error });
    if (isRequest(message) || departure.parked !== undefined) {
      departure.settle(Promise.reject(error));
    } else {
      departure.transport.report(error);
      departure.settle(Promise.resolve());
    }
  }

  /** Whether this is a cancellation that takes back a parked request. */
  #withdraws(message: MethodMessage): boolean {
    if (message.method !== 'notifications/cancelled') return false;
    const id = cancelledIdOf(message);
    return id !== undefined && this.liveness?.withdraw(id) === true;
  }

  /** Drops the cancellation of a request that the client never saw. */
  #dropWithdrawal(departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    const error = gaveUp(message, 'CANCELLED', departure.transport.settings);
    this.log.tell(departure, message, ledger, { outcome: 'refused', error });
    departure.settle(Promise.resolve());
  }
}

/** Writes a message exactly as it came. */
class UnchangedWrite implements Write {
  constructor(
    private readonly inner: TransportLike,
    private readonly departure: Departure,
  ) {}

  perform(): Promise<void> {
    return this.inner.send(this.departure.message, this.departure.options);
  }

  instead(): Promise<void> | undefined {
    const { message } = this.departure;
    const id = idOf(message);
    const cause = id === undefined ? undefined : unwritable(message);
    return id === undefined || cause === undefined
      ? undefined
      : new ErrorInPlace(this.inner, this.departure, id, cause).perform();
  }
}

/** Writes an error in the place of a response that cannot be written: its client would wait for ever. */
class ErrorInPlace implements Write {
  constructor(
    private readonly inner: TransportLike,
    private readonly departure: Departure,
    private readonly id: RequestId,
    private readonly cause: Error,
  ) {}

  perform(): Promise<void> {
    const { message, options, transport } = this.departure;
    transport.report(cannotBeWritten(message, this.cause));
    return this.inner.send(resultCannotBeWritten(this.id), options);
  }
}

/** The id of a response, even of one without a result. */
function idOf(message: JsonRpcMessage): RequestId | undefined {
  try {
    return isResponse(message) || isEmptyResponse(message) ? message.id : undefined;
  } catch {
    return undefined;
  }
}

function closeCancelled(message: MethodMessage, ledger: Ledger | undefined): void {
  const id = cancelledIdOf(message);
  if (id !== undefined) ledger?.exchanges.close(id);
}
