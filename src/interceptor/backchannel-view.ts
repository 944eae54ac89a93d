import type { Observable } from 'rxjs';
import type { RequestId } from '../routing/message.js';
import type { Ledgers } from '../routing/ledgers.js';
import type { Inbound, Outbound, RouteEvent } from './events.js';
import type { Observables } from './observables.js';

/** What is in flight at one moment. */
export interface Snapshot {
  /** Client requests that are not answered yet, the oldest of each session first. */
  readonly inFlight: readonly InFlightRequest[];
  /** How many server requests the client has not answered yet. */
  readonly openExchanges: number;
  /** How many messages wait for a stream. */
  readonly parked: number;
}

/** A client request that is not answered yet. */
export interface InFlightRequest {
  readonly session: string | undefined;
  readonly id: RequestId;
  readonly method: string;
}

/** The property that `withBackchannel()` adds to a transport. Nothing here changes where messages go. */
export interface Backchannel {
  /** What became of each server-initiated message. Completes when the transport closes. */
  readonly routes$: Observable<RouteEvent>;
  /** Each message from the client, before the proxy gets it. Completes when the transport closes. */
  readonly inbound$: Observable<Inbound>;
  /** Each message to the client, as its sender gave it. Completes when the transport closes. */
  readonly outbound$: Observable<Outbound>;
  /** What is in flight now. It visits all of it: call it for a health page or in a test, not for every message. */
  snapshot(): Snapshot;
}

/** For a proxy that refuses a body before the transport sees it. */
export interface RefusedAnswers {
  /** Settles server requests whose answers were refused. */
  answersRefused(ids: readonly RequestId[]): void;
}

/** The state of a transport that a snapshot shows. */
interface Viewed extends RefusedAnswers {
  readonly ledgers: Ledgers;
  readonly sessionId: string | undefined;
  readonly parked: number;
}

/** The `backchannel` property of a wrapped transport. */
export class BackchannelView implements Backchannel, RefusedAnswers {
  readonly #observables: Observables;
  readonly #now: () => Viewed;

  constructor(observables: Observables, now: () => Viewed) {
    this.#observables = observables;
    this.#now = now;
  }

  get routes$(): Observable<RouteEvent> {
    return this.#observables.routes$;
  }

  get inbound$(): Observable<Inbound> {
    return this.#observables.inbound$;
  }

  get outbound$(): Observable<Outbound> {
    return this.#observables.outbound$;
  }

  answersRefused(ids: readonly RequestId[]): void {
    this.#now().answersRefused(ids);
  }

  snapshot(): Snapshot {
    const { ledgers, sessionId, parked } = this.#now();
    const inFlight = Array.from(ledgers.inFlight(), ({ id, method, ledger }) => {
      return { session: ledger.session ?? sessionId, id, method };
    });
    return { inFlight, openExchanges: ledgers.openExchanges, parked };
  }
}
