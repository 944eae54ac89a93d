import { now } from '../clock.js';
import { BackchannelError } from '../errors.js';
import type { ParkingFailure } from '../streams/parking.js';
import type { Settings } from '../options.js';
import { assertNever } from '../routing/assert-never.js';
import type { Ledger } from '../routing/ledger.js';
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
import { Departure, type Decision } from './departure.js';
import type { Liveness } from './liveness.js';
import { ParkedMessage } from './parked-message.js';
import { closed, gaveUp, refused } from './refusals.js';
import type { Report } from './report.js';
import type { RouteLog } from './route-log.js';
import { StreamOf } from './stream-of.js';
import { attempt, type WriteOrder } from './write-order.js';

/** The wrapped transport, as a delivery sees it. */
export interface DeliveryOwner {
  readonly settings: Settings;
  readonly report: Report;
  /** Sends a message, or refuses it where the transport is closed. */
  depart(departure: Departure): void;
}

/** The routes by which a message leaves. */
type Leaving = Extract<Route, { readonly evidence: unknown }>;

/** Carries out what was decided: gives messages to the inner transport, or says why it does not. */
export class Delivery {
  readonly #streamOf: StreamOf;

  /**
   * @param liveness of a transport that has a stream for each request, and not one for everything
   */
  constructor(
    private readonly inner: TransportLike,
    private readonly owner: DeliveryOwner,
    private readonly order: WriteOrder,
    private readonly liveness: Liveness | undefined,
    private readonly log: RouteLog,
  ) {
    this.#streamOf = new StreamOf(liveness !== undefined);
  }

  /** Settles what `send()` has returned, or will. */
  deliver(decision: Decision): void {
    switch (decision.kind) {
      case 'response': {
        const { departure, entry, answers } = decision;
        const { message, options, around } = departure;
        const stream =
          answers === undefined
            ? entry && this.#streamOf.message(entry, undefined)
            : this.#streamOf.naming(answers, undefined, around.sessions);
        settle(
          departure,
          this.order.write(stream, departure.routedAt, () => this.inner.send(message, options)),
        );
        return;
      }
      case 'of-closed-life': {
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

  /** A message that nobody decided about, because the transport is closed. */
  afterClose(departure: Departure): void {
    const { message, options } = departure;
    try {
      if (isMethodMessage(message)) this.#refuse(departure, message, undefined, closed(message));
    } catch {
      // What cannot be read counts as none that we know.
    }
    departure.settled ??= attempt(() => this.inner.send(message, options));
  }

  /** A parked message will not be tried again. */
  giveUp({ departure, message, ledger }: ParkedMessage, failure: ParkingFailure): void {
    if (failure === 'SUPERSEDED') {
      this.log.tell(departure, message, ledger, { outcome: 'superseded' });
      settle(departure, Promise.resolve());
    } else {
      this.#refuse(departure, message, ledger, gaveUp(message, failure, this.owner.settings));
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
    if (departure.parked !== undefined) departure.routedAt = now();
    const entry = route.to === 'request' ? route.entry : undefined;
    const question = isRequest(message) ? message.id : undefined;
    // Before it is sent: an in-memory client answers while `send()` still runs.
    if (isRequest(message)) ledger?.openExchange(message, entry, departure.since);

    const turn: { isSent: boolean; redirected: Promise<void> | undefined } = { isSent: false, redirected: undefined };
    const write = (): Promise<void> => {
      turn.isSent = !this.#isGone(route, message) && !isOver(question, ledger);
      if (turn.isSent) {
        const sent = this.inner.send(message, options);
        // Not before: the client may have left its stream while the question waited for its turn.
        if (question !== undefined) this.liveness?.questionAsked(question, entry);
        return sent;
      }
      turn.redirected = this.#redirect(departure, message, ledger);
      // When the transport closes in this very moment, its sender hears of that, and nobody listens to this.
      turn.redirected.catch(() => undefined);
      // What comes next on this stream must not wait for the other.
      return Promise.resolve();
    };
    const ended = (error: Error | undefined): Error | undefined => {
      this.#streamOf.written(stream, ledger);
      const hasFailed = error !== undefined && question !== undefined;
      if (hasFailed && ledger?.closeExchange(question) !== undefined) departure.around.sessions.prune(ledger);
      if (turn.redirected === undefined && this.log.isWatched) {
        const { to, evidence } = route;
        const outcome = error === undefined ? 'delivered' : 'failed';
        const relatedRequestId = options?.relatedRequestId;
        this.log.tell(departure, message, ledger, { to, evidence, relatedRequestId, outcome, error });
      }
      if (question !== undefined || !(error instanceof BackchannelError)) return error;
      // Given up, and not refused by the transport itself: what becomes of a notification is reported.
      this.owner.report(error);
      return undefined;
    };
    const named = route.to === 'unchanged' ? options?.relatedRequestId : undefined;
    const stream =
      named === undefined
        ? this.#streamOf.message(entry, ledger)
        : this.#streamOf.naming(named, ledger, departure.around.sessions);
    const taken = this.order.write(stream, departure.routedAt, write, ended);
    settle(departure, turn.isSent ? taken : taken.then(() => turn.redirected));
  }

  /** Its stream went away while it waited for its turn to be written: it looks for another. */
  #redirect(departure: Departure, message: MethodMessage, ledger: Ledger | undefined): Promise<void> {
    if (isRequest(message) && ledger !== undefined && ledger.closeExchange(message.id) === undefined) {
      // Taken back, or answered in the client's place: nobody waits for it any more.
      const error = gaveUp(message, 'CANCELLED', this.owner.settings);
      this.log.tell(departure, message, ledger, { outcome: 'refused', error });
      return Promise.reject(error);
    }
    const { around, options, origin, since, nth, parked } = departure;
    const again = new Departure(around, message, options, origin, since, now(), nth);
    again.session = ledger;
    if (parked !== undefined) {
      // It has waited for a stream before: its time goes on.
      const { sessionWide } = this.owner.settings;
      again.parked = new ParkedMessage(again, message, ledger, parked.until, sessionWide, parked);
      again.settled = again.parked.settled;
    }
    this.owner.depart(again);
    return again.settled ?? Promise.resolve();
  }

  /** Whether the stream that was chosen has gone since. An answer does not count: it waits for its turn as well. */
  #isGone(route: Leaving, message: MethodMessage): boolean {
    if (route.to === 'request') return route.entry.adrift;
    if (route.to !== 'standalone' || this.liveness?.streams.standalone !== 'closed') return false;
    return isRequest(message) || !this.liveness.standaloneIsStored;
  }

  #park(
    departure: Departure,
    message: MethodMessage,
    ledger: Ledger | undefined,
    until: 'standalone' | 'any-stream',
  ): void {
    const { liveness, log, owner } = this;
    if (liveness === undefined) throw new TypeError('streams are not watched, but a message was parked');
    if (isNotification(message) && liveness.standaloneIsStored) {
      // The client finds it when it resumes its stream. A question waits: its sender must hear in time.
      const evidence = until === 'standalone' ? 'scope' : 'nothing-in-flight';
      this.#forward(departure, message, ledger, { to: 'standalone', evidence });
      return;
    }
    const isNew = departure.parked === undefined;
    if (departure.parked === undefined) {
      departure.parked = new ParkedMessage(departure, message, ledger, until, owner.settings.sessionWide);
      // The sender of a notification does not wait with it: what becomes of it is reported.
      departure.settled = isNotification(message) ? Promise.resolve() : departure.parked.settled;
      if (isNotification(message)) departure.parked.settled.catch(owner.report);
    }
    const waits = liveness.park(departure.parked);
    // Not before: who hears of it may close the transport, or take the message back.
    if (isNew && waits) log.tell(departure, message, ledger, { outcome: 'parked' });
  }

  /** A request is rejected. A notification is reported: throwing at its sender takes proxies down. */
  #refuse(departure: Departure, message: MethodMessage, ledger: Ledger | undefined, error: BackchannelError): void {
    this.log.tell(departure, message, ledger, { outcome: 'refused', error });
    if (isRequest(message) || departure.parked !== undefined) {
      settle(departure, Promise.reject(error));
    } else {
      this.owner.report(error);
      settle(departure, Promise.resolve());
    }
  }

  /** Whether a cancellation takes back a request that still waits here. */
  #withdraws(message: MethodMessage): boolean {
    if (message.method !== 'notifications/cancelled') return false;
    const id = cancelledIdOf(message);
    return id !== undefined && this.liveness?.withdraw(id) === true;
  }

  /** The client never saw the request: it must not hear that it is cancelled. */
  #dropWithdrawal(departure: Departure, message: MethodMessage, ledger: Ledger | undefined): void {
    const error = gaveUp(message, 'CANCELLED', this.owner.settings);
    this.log.tell(departure, message, ledger, { outcome: 'refused', error });
    settle(departure, Promise.resolve());
  }
}

/** Taken back, or answered in the client's place, while it waited for its turn. */
function isOver(question: RequestId | undefined, ledger: Ledger | undefined): boolean {
  return question !== undefined && ledger !== undefined && ledger.exchange(question) === undefined;
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
