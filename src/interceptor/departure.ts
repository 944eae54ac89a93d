/**
 * A departure is one outbound message, from `send()` until it is written or refused. These types name one another:
 * the message, its place in the parked queue, the decision about it, and the transport that carries out the decision.
 */
import type { InFlight, Ledger } from '../routing/ledger.js';
import { isRequest, sameNewsKey, type JsonRpcMessage, type MethodMessage, type RequestId } from '../routing/message.js';
import type { Route } from '../routing/route.js';
import type { Parkable, ParkingOutcome } from '../streams/parking.js';
import type { SendOptions } from '../transport-like.js';
import type { Outbound } from './events.js';
import { lengthAsText } from './writable.js';
import type { WrappedTransport } from './wrapped-transport.js';

/** The time of a message that nobody observed when it was sent, and that has nothing to wait for. */
export const NOT_TIMED = -1;

let sent = 0;

/** An outbound message on its way to the client. */
export class Departure implements Outbound {
  /** The promise that `send()` returns. The delivery sets it. */
  settled: Promise<void> | undefined = undefined;
  /** Its place in the parked queue, from the first time it was parked. */
  parked: ParkedMessage | undefined = undefined;
  /** The session it was found to belong to. The evidence for that may be gone when the message is routed again. */
  session: Ledger | undefined = undefined;

  constructor(
    /** The transport that it is sent on. */
    readonly transport: SendingTransport,
    readonly message: JsonRpcMessage,
    readonly options: SendOptions | undefined,
    /** The request on whose behalf it was sent. */
    readonly origin: InFlight | undefined,
    /** The backend says itself that this is the request. */
    readonly isOriginSaid: boolean,
    /** When `send()` was called, in milliseconds of the performance clock, or {@link NOT_TIMED}. */
    readonly since: number,
    /** When its stream was last chosen. */
    public routedAt: number = since,
    /** Its place in the order of all `send()` calls. */
    readonly nth: number = sent++,
  ) {}

  /** Gives `send()` its result, or settles the promise that `send()` has returned already. */
  settle(result: Promise<void>): void {
    if (this.parked === undefined) this.settled = result;
    else this.parked.settle(result);
  }

  /** The same message, to be routed again. If it has been parked before, its waiting time goes on. */
  again(message: MethodMessage, ledger: Ledger | undefined, at: number): Departure {
    const { transport, options, origin, isOriginSaid, since, nth, parked } = this;
    const again = new Departure(transport, message, options, origin, isOriginSaid, since, at, nth);
    again.session = ledger;
    if (parked !== undefined) {
      again.parked = new ParkedMessage(again, message, ledger, parked.until, parked);
      again.settled = again.parked.settled;
    }
    return again;
  }
}

/** A departure in the parked queue, with the promise that its `send()` has returned. */
export class ParkedMessage implements Parkable {
  readonly nth: number;
  readonly id: RequestId | undefined;
  readonly key: string | undefined;
  readonly bytes: number;
  readonly mayGoElsewhere: boolean;
  since: number | undefined;
  isOverdue: boolean;
  readonly settled: Promise<void>;
  settle!: (result: Promise<void>) => void;

  /** @param before the place it had before it was given a stream, if that stream is gone again */
  constructor(
    readonly departure: Departure,
    readonly message: MethodMessage,
    readonly ledger: Ledger | undefined,
    readonly until: 'standalone' | 'any-stream',
    before?: ParkedMessage,
  ) {
    this.nth = departure.nth;
    this.id = isRequest(message) ? message.id : undefined;
    // What waits for the standalone stream is news about the session: the newest says it all.
    this.key = until === 'standalone' && this.id === undefined ? sameNewsKey(message) : undefined;
    this.mayGoElsewhere = until === 'standalone' && departure.transport.settings.sessionWide === 'prefer-standalone';
    this.bytes = before?.bytes ?? lengthAsText(message);
    this.since = before?.since;
    this.isOverdue = before?.isOverdue === true;
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }
}

/** An outbound message and what was decided about it. */
export type Decision =
  /** It is a response, or no JSON-RPC message at all: it leaves exactly as it came. */
  | {
      readonly kind: 'response';
      readonly departure: Departure;
      readonly entry: InFlight | undefined;
      /** The id of the request that it answers, if the session of that request cannot be named. */
      readonly answers: RequestId | undefined;
      /** It threw an error when it was read, so that it is not known what it is. */
      readonly unread?: Error;
    }
  /** It is a server-initiated message, and this is its route. `ledger` is unknown if no session can be named. */
  | {
      readonly kind: 'server-initiated';
      readonly departure: Departure;
      readonly message: MethodMessage;
      readonly ledger: Ledger | undefined;
      readonly route: Route;
    }
  /** It was sent on behalf of a connection that is closed. */
  | { readonly kind: 'of-closed-life'; readonly departure: Departure; readonly message: MethodMessage };

/** The wrapped transport, as a departure sees it. */
export interface SendingTransport extends WrappedTransport, ParkingOutcome<ParkedMessage> {
  /** Routes a message, or refuses it if the transport is closed. */
  depart(departure: Departure): void;
  /** Sends, parks, refuses or reports a message, and settles its `send()`. */
  deliver(decision: Decision): void;
}
