import type { Ticket } from '../streams/parking.js';
import type { Ledger } from '../routing/ledger.js';
import { isRequest, sameNewsKey, type MethodMessage, type RequestId } from '../routing/message.js';
import type { Departure } from './departure.js';

/** A message in the waiting room, with the promise that its `send()` has returned. */
export class ParkedMessage implements Ticket {
  readonly nth: number;
  readonly id: RequestId | undefined;
  readonly key: string | undefined;
  readonly mayGoElsewhere: boolean;
  since: number | undefined;
  isOverdue: boolean;
  readonly settled: Promise<void>;
  settle!: (result: Promise<void>) => void;

  constructor(
    readonly departure: Departure,
    readonly message: MethodMessage,
    readonly ledger: Ledger | undefined,
    readonly until: 'standalone' | 'any-stream',
    sessionWide: 'prefer-standalone' | 'standalone-only',
    /** Its place until it got a stream, which went away again: its time goes on. */
    before?: ParkedMessage,
  ) {
    this.nth = departure.nth;
    this.id = isRequest(message) ? message.id : undefined;
    // What waits for the standalone stream is news about the session: the newest says it all.
    this.key = until === 'standalone' && this.id === undefined ? sameNewsKey(message) : undefined;
    this.mayGoElsewhere = until === 'standalone' && sessionWide === 'prefer-standalone';
    this.since = before?.since;
    this.isOverdue = before?.isOverdue === true;
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }
}
