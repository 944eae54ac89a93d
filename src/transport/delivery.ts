import { asError, type BackchannelError } from '../errors.js';
import type { Parking, ParkingFailure } from '../http/parking.js';
import type { Settings } from '../options.js';
import { assertNever } from '../routing/assert-never.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import {
  cancelledIdOf,
  isMethodMessage,
  isNotification,
  isRequest,
  type MethodMessage,
  type RequestId,
} from '../routing/message.js';
import type { Route } from '../routing/route.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import { ParkedMessage } from './parked-message.js';
import type { Decision, Departure } from './pipeline.js';
import { closed, gaveUp, refused } from './refusals.js';
import type { Report } from './report.js';
import type { RouteLog } from './route-log.js';
import { attempt, type WriteOrder } from './write-order.js';

/** Stands for the standalone stream where a stream is asked for. */
const STANDALONE = {};

/** What a delivery works with. */
export interface DeliveryTools {
  readonly inner: TransportLike;
  readonly settings: Settings;
  /** Keeps the order on each stream. */
  readonly order: WriteOrder;
  /** The transport has a stream for each request, and not one for everything. */
  readonly hasStreams: boolean;
  /** Keeps what has no stream yet, where streams are watched. */
  readonly parking: Parking<ParkedMessage> | undefined;
  /** Whether it is known that the client does not hold the standalone stream. */
  readonly standaloneIsClosed: () => boolean;
  /** Whether a notification on the standalone stream would be stored for a client that is away. */
  readonly standaloneIsStored: () => boolean;
  readonly log: RouteLog;
  readonly report: Report;
  /** Called after a server-initiated request was sent, on the stream of `entry` or on the standalone stream. */
  readonly asked: (id: RequestId, entry: InFlight | undefined) => void;
  /** Decides about a message once more. */
  readonly again: (departure: Departure) => void;
}

/** The routes by which a message leaves. */
type Leaving = Extract<Route, { readonly evidence: unknown }>;

/** Carries out what was decided: gives messages to the inner transport, or says why it does not. */
export class Delivery {
  constructor(private readonly tools: DeliveryTools) {}

  /** Settles what `send()` has returned, or will. */
  deliver(decision: Decision): void {
    switch (decision.kind) {
      case 'response': {
        const { departure, entry } = decision;
        const { message, options } = departure;
        settle(
          departure,
          this.#write(entry?.carrier ?? entry, () => this.tools.inner.send(message, options)),
        );
        return;
      }
      case 'late': {
        const { departure, message } = decision;
        this.#refuse(departure, message, undefined, closed(message));
        return;
      }
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

  /** A message that nobody decided about, because the pipeline has ended. */
  afterClose(departure: Departure): void {
    const { message, options } = departure;
    if (isMethodMessage(message)) this.#refuse(departure, message, undefined, closed(message));
    else
      settle(
        departure,
        attempt(() => this.tools.inner.send(message, options)),
      );
  }

  /** A parked message will not be tried again. */
  giveUp({ departure, message, ledger }: ParkedMessage, failure: ParkingFailure): void {
    if (failure === 'PARK_TIMEOUT' && isNotification(message) && this.tools.standaloneIsStored()) {
      // The client has had its time to come back at once. It can still come back for this.
      this.#forward(departure, message, ledger, { to: 'standalone', evidence: 'nothing-in-flight' });
    } else if (failure === 'SUPERSEDED') {
      this.tools.log.tell(departure, message, ledger, { outcome: 'superseded' });
      settle(departure, Promise.resolve());
    } else {
      this.#refuse(departure, message, ledger, gaveUp(message, failure, this.tools.settings));
    }
  }

  #follow(route: Route, departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    // Its sender waits for no answer any more, whatever becomes of the cancellation.
    if (message.method === 'notifications/cancelled') closeCancelled(message, ledger);
    switch (route.to) {
      case 'request':
      case 'standalone':
      case 'unchanged':
        this.#forward(departure, message, ledger, route);
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

  #forward(departure: Departure, message: MethodMessage, ledger: Ledger | undefined, route: Leaving): void {
    const options = optionsFor(route, departure.options);
    const stream = route.to === 'request' ? (route.entry.carrier ?? route.entry) : STANDALONE;
    // Before it is sent: an in-memory client answers while `send()` still runs.
    const entry = route.to === 'request' ? route.entry : undefined;
    if (isRequest(message)) ledger?.openExchange(message, entry, departure.since);

    const turn: { isSent: boolean; redirected: Promise<void> | undefined } = { isSent: false, redirected: undefined };
    const taken = this.#write(stream, () => {
      turn.isSent = !this.#isGone(route, message);
      if (turn.isSent) return this.tools.inner.send(message, options);
      turn.redirected = this.#redirect(departure, message, ledger);
      // What comes next on this stream must not wait for the other.
      return Promise.resolve();
    });
    const written = turn.isSent ? taken : taken.then(() => turn.redirected);
    settle(departure, written);
    if (isRequest(message)) {
      this.tools.asked(message.id, entry);
      if (ledger !== undefined) written.catch(() => ledger.closeExchange(message.id));
    }
    if (!this.tools.log.isWatched) return;
    const where = { to: route.to, evidence: route.evidence, relatedRequestId: options?.relatedRequestId };
    written.then(
      () => {
        if (turn.redirected !== undefined) return;
        this.tools.log.tell(departure, message, ledger, { ...where, outcome: 'delivered' });
      },
      (error: unknown) => {
        if (turn.redirected !== undefined) return;
        this.tools.log.tell(departure, message, ledger, { ...where, outcome: 'failed', error: asError(error) });
      },
    );
  }

  /** Its stream went away while it waited for its turn to be written: it looks for another. */
  #redirect(departure: Departure, message: MethodMessage, ledger: Ledger | undefined): Promise<void> {
    if (isRequest(message) && ledger !== undefined && ledger.closeExchange(message.id) === undefined) {
      // Taken back, or answered in the client's place: nobody waits for it any more.
      const error = gaveUp(message, 'CANCELLED', this.tools.settings);
      this.tools.log.tell(departure, message, ledger, { outcome: 'refused', error });
      return Promise.reject(error);
    }
    const again: Departure = { ...departure, settled: undefined, parked: undefined };
    this.tools.again(again);
    return again.settled ?? Promise.resolve();
  }

  /** Whether the stream that was chosen has gone since. An answer does not count: it waits for its turn as well. */
  #isGone(route: Leaving, message: MethodMessage): boolean {
    if (route.to === 'request') return route.entry.adrift;
    if (route.to !== 'standalone' || !this.tools.standaloneIsClosed()) return false;
    return isRequest(message) || !this.tools.standaloneIsStored();
  }

  #park(
    departure: Departure,
    message: MethodMessage,
    ledger: Ledger | undefined,
    until: 'standalone' | 'any-stream',
  ): void {
    const { parking, log, report, settings } = this.tools;
    if (parking === undefined) throw new TypeError('streams are not watched, but a message was parked');
    if (departure.parked === undefined) {
      departure.parked = new ParkedMessage(departure, message, ledger, until, settings.sessionWide);
      // The sender of a notification does not wait with it: what becomes of it is reported.
      departure.settled = isNotification(message) ? Promise.resolve() : departure.parked.settled;
      if (isNotification(message)) departure.parked.settled.catch(report);
      log.tell(departure, message, ledger, { outcome: 'parked' });
    }
    parking.park(departure.parked);
  }

  /** A request is rejected. A notification is reported: throwing at its sender takes proxies down. */
  #refuse(departure: Departure, message: MethodMessage, ledger: Ledger | undefined, error: BackchannelError): void {
    this.tools.log.tell(departure, message, ledger, { outcome: 'refused', error });
    if (isRequest(message) || departure.parked !== undefined) {
      settle(departure, Promise.reject(error));
    } else {
      this.tools.report(error);
      settle(departure, Promise.resolve());
    }
  }

  /** Whether a cancellation takes back a request that still waits here. */
  #withdraws(message: MethodMessage): boolean {
    if (message.method !== 'notifications/cancelled') return false;
    const id = cancelledIdOf(message);
    return id !== undefined && this.tools.parking?.withdraw(id) === true;
  }

  /** The client never saw the request: it must not hear that it is cancelled. */
  #dropWithdrawal(departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    const error = gaveUp(message, 'CANCELLED', this.tools.settings);
    this.tools.log.tell(departure, message, ledger, { outcome: 'refused', error });
    settle(departure, Promise.resolve());
  }

  #write(stream: object | undefined, write: () => Promise<void>): Promise<void> {
    const { order, hasStreams } = this.tools;
    return hasStreams && stream !== undefined ? order.write(stream, write) : order.writeUnordered(write);
  }
}

/** A cancellation was sent, parked or refused: in any case nobody waits for that answer. */
function closeCancelled(message: MethodMessage, ledger: Ledger | undefined): void {
  const id = cancelledIdOf(message);
  if (id !== undefined) ledger?.closeExchange(id);
}

/** The caller's options with the chosen `relatedRequestId`; the very same object where nothing changes. */
function optionsFor(route: Leaving, options: SendOptions | undefined): SendOptions | undefined {
  switch (route.to) {
    case 'request':
      return options?.relatedRequestId === route.entry.id ? options : { ...options, relatedRequestId: route.entry.id };
    case 'standalone': {
      if (options?.relatedRequestId === undefined) return options;
      const { relatedRequestId: _, ...others } = options;
      return others;
    }
    case 'unchanged':
      return options;
    default:
      return assertNever(route);
  }
}

/** Gives `send()` its result, or settles the one that it has given already. */
function settle(departure: Departure, result: Promise<void>): void {
  if (departure.parked === undefined) departure.settled = result;
  else departure.parked.settle(result);
}
