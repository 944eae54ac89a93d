import { after, now } from '../clock.js';
import type { RequestId } from '../routing/message.js';
import { WaitingRoom } from './parked-queue.js';

/** How a wait ended without a stream. */
export type ParkingFailure = 'PARK_TIMEOUT' | 'PARK_FULL' | 'CANCELLED' | 'SUPERSEDED' | 'CLOSED';

/** A message that waits for a stream. It keeps its ticket when it is tried, in vain, and parked again. */
export interface Ticket {
  /** Its place among all that were ever sent. */
  readonly nth: number;
  /** The id, if it is a request. */
  readonly id: RequestId | undefined;
  /**
   * Messages with the same key say the same thing: the newest stands for all. It waits in the place of
   * the one before, until the same time: who repeats itself is not kept for ever.
   */
  readonly key: string | undefined;
  /** The stream that it waits for. */
  readonly until: 'standalone' | 'any-stream';
  /**
   * When its time is over it may go on any stream, and waits for the next if it is no request: the
   * sender of a request waits with it.
   */
  readonly mayGoElsewhere: boolean;
  /** When it was parked first; parking sets it. */
  since: number | undefined;
  /** Its time is over; parking sets it. */
  isOverdue: boolean;
}

/** What parking does with messages that come out. */
export interface ParkingOutcome<T> {
  /** Tries again. The message may be parked once more. */
  retry(ticket: T): void;
  giveUp(ticket: T, failure: ParkingFailure): void;
}

/** The limits of the waiting room. */
export interface ParkingLimits {
  readonly parkTimeoutMs: number;
  readonly maxParked: number;
}

/**
 * The bounded waiting room for messages that have no stream yet. What comes in comes out, one way or
 * another, in the order in which it came in.
 */
export class Parking<T extends Ticket> {
  readonly #room = new WaitingRoom<T>();
  #cancelTimer: (() => void) | undefined;
  /** Since when the one waits for whom the timer runs. */
  #scheduledSince = Infinity;

  constructor(
    private readonly limits: ParkingLimits,
    private readonly outcome: ParkingOutcome<T>,
  ) {}

  get size(): number {
    return this.#room.size;
  }

  /** @returns whether it waits; it was given up otherwise */
  park(ticket: T): boolean {
    const { parkTimeoutMs, maxParked } = this.limits;
    const same = ticket.key === undefined ? undefined : this.#room.same(ticket.key);
    if (same !== undefined && ticket.since !== undefined) {
      // It was here before, and a newer one has come while it was tried.
      this.outcome.giveUp(ticket, 'SUPERSEDED');
      return false;
    }
    ticket.since ??= same?.since ?? now();
    ticket.isOverdue ||= same?.isOverdue === true;
    const mayWait = parkTimeoutMs > 0 && !(ticket.isOverdue && ticket.id !== undefined);
    if (!mayWait) {
      this.outcome.giveUp(ticket, 'PARK_TIMEOUT');
      return false;
    }
    if (same === undefined && this.#room.size >= maxParked && !this.#makeRoom()) {
      this.outcome.giveUp(ticket, 'PARK_FULL');
      return false;
    }
    this.#room.add(ticket);
    // A timer that runs already is early enough, but for who comes back.
    if (!ticket.isOverdue && ticket.since < this.#scheduledSince) this.#schedule();
    if (same !== undefined) this.outcome.giveUp(same, 'SUPERSEDED');
    return true;
  }

  /** What is overdue waits for as long as it takes, but must not keep out what is not. */
  #makeRoom(): boolean {
    const overdue = this.#room.takeOverdue();
    if (overdue !== undefined) this.outcome.giveUp(overdue, 'PARK_FULL');
    return overdue !== undefined;
  }

  /** A stream has opened: everything is tried again. */
  release(): void {
    if (this.#room.size === 0) return;
    this.#stopTimer();
    for (const ticket of this.#room.takeAll()) this.outcome.retry(ticket);
  }

  /**
   * A request has come in, and with it a stream of its own. Who waits for the standalone stream waits on; but if
   * anybody may leave, all are tried, so that those who stay keep their order.
   */
  releaseForRequest(): void {
    if (this.#room.hasForAnyStream) this.release();
  }

  /** The sender takes a request back. @returns whether it was waiting here */
  withdraw(id: RequestId): boolean {
    const ticket = this.#room.takeRequest(id);
    if (ticket !== undefined) this.outcome.giveUp(ticket, 'CANCELLED');
    return ticket !== undefined;
  }

  close(): void {
    this.#stopTimer();
    for (const ticket of this.#room.takeAll()) this.outcome.giveUp(ticket, 'CLOSED');
  }

  #expire(): void {
    for (const ticket of this.#room.takeSince(now() - this.limits.parkTimeoutMs)) {
      if (ticket.mayGoElsewhere) {
        ticket.isOverdue = true;
        this.outcome.retry(ticket);
      } else {
        this.outcome.giveUp(ticket, 'PARK_TIMEOUT');
      }
    }
    if (this.#scheduledSince === Infinity) this.#schedule();
  }

  #schedule(): void {
    this.#stopTimer();
    const oldest = this.#room.oldestSince;
    if (oldest === undefined) return;
    const remaining = oldest + this.limits.parkTimeoutMs - now();
    this.#scheduledSince = oldest;
    this.#cancelTimer = after(Math.max(1, Math.ceil(remaining)), () => {
      this.#stopTimer();
      this.#expire();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#scheduledSince = Infinity;
  }
}
