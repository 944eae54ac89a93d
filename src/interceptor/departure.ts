import type { InFlight, Ledger } from '../routing/ledger.js';
import type { JsonRpcMessage, MethodMessage, RequestId } from '../routing/message.js';
import type { Route } from '../routing/route.js';
import type { SendOptions } from '../transport-like.js';
import type { Outbound } from './events.js';
import type { ParkedMessage } from './parked-message.js';
import type { Surroundings } from './wrapped-transport.js';

/** The time of a message that nobody watched when it was sent, and that has nothing to wait for. */
export const NOT_TIMED = -1;

let sent = 0;

/** An outbound message on its way to the client. */
export class Departure implements Outbound {
  /** What `send()` returns. The delivery sets it. */
  settled: Promise<void> | undefined = undefined;
  /** Its place in the waiting room, from the first time it was parked. */
  parked: ParkedMessage | undefined = undefined;
  /** The session that it was found to belong to: what told that may be over when it is decided about again. */
  session: Ledger | undefined = undefined;

  constructor(
    /** The transport that it is sent on. */
    readonly around: Surroundings,
    readonly message: JsonRpcMessage,
    readonly options: SendOptions | undefined,
    /** The request on whose behalf it was sent. */
    readonly origin: InFlight | undefined,
    /** When `send()` was called, in milliseconds of the performance clock, or {@link NOT_TIMED}. */
    readonly since: number,
    /** When it became clear where it goes, if it had to wait for that. */
    public routedAt: number = since,
    /** Its place in the order of all `send()` calls. */
    readonly nth: number = sent++,
  ) {}
}

/** An outbound message and what was decided about it. */
export type Decision =
  /** A response, or what is no JSON-RPC message at all: it leaves exactly as it came. */
  | {
      readonly kind: 'response';
      readonly departure: Departure;
      readonly entry: InFlight | undefined;
      /** The id of the request that it answers, where no session can be named in which to look for that. */
      readonly answers: RequestId | undefined;
    }
  /** A server-initiated message and its route; `ledger` is unknown where no session can be named. */
  | {
      readonly kind: 'server-initiated';
      readonly departure: Departure;
      readonly message: MethodMessage;
      readonly ledger: Ledger | undefined;
      readonly route: Route;
    }
  /** Sent on behalf of a connection that is closed. */
  | { readonly kind: 'of-closed-life'; readonly departure: Departure; readonly message: MethodMessage };
