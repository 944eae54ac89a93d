import { after, now } from '../clock.js';
import type { RequestId } from '../routing/message.js';
import { ParkedQueue, type Queued } from './parked-queue.js';

/** Why a message stopped waiting without a stream. */
export type ParkingFailure = 'PARK_TIMEOUT' | 'PARK_FULL' | 'CANCELLED' | 'SUPERSEDED' | 'CLOSED';

/** A message that can be parked. If it is tried in vain, the same object is parked again. */
export interface Parkable extends Queued {
  /**
   * Messages with the same key carry the same news: the newest stands for all. It waits in the place of the one before,
   * and until the same time, so that news that is repeated does not wait for ever.
   */
  readonly key: string | undefined;
  /**
   * When its time is over, it may go on any stream. If there is none, it waits for the next, unless it is a request: the
   * sender of a request waits with it.
   */
  readonly mayGoElsewhere: boolean;
  /** When it was first parked. `Parking` sets it. */
  since: number | undefined;
  /** Its time is over. `Parking` sets it. */
  isOverdue: boolean;
}

/** Takes the messages that leave the queue. */
export interface ParkingOutcome<T> {
  /** Routes the message again. It may be parked once more. */
  retry(message: T): void;
  /** Settles a message that will not be tried again. */
  giveUp(message: T, failure: ParkingFailure): void;
}

/** How many messages may be parked, how long they may be together, and for how long. */
export interface ParkingLimits {
  readonly parkTimeoutMs: number;
  readonly maxParked: number;
  readonly maxParkedBytes: number;
}

/**
 * Parks messages that have no stream yet, bounded in number, size and time. Every message that is parked is retried or given
 * up in the end, in the order in which the messages were parked.
 */
export class Parking<T extends Parkable> {
  readonly #queue = new ParkedQueue<T>();
  #cancelTimer: (() => void) | undefined;
  /** Since when the message waits for which the timer runs. */
  #scheduledSince = Infinity;

  constructor(
    private readonly limits: ParkingLimits,
    private readonly outcome: ParkingOutcome<T>,
  ) {}

  get size(): number {
    return this.#queue.size;
  }

  /** @returns whether it waits now. If not, it was given up */
  park(message: T): boolean {
    const { parkTimeoutMs } = this.limits;
    const same = message.key === undefined ? undefined : this.#queue.same(message.key);
    if (same !== undefined && message.since !== undefined) {
      // It was parked before, and a newer one was parked while it was tried.
      this.outcome.giveUp(message, 'SUPERSEDED');
      return false;
    }
    message.since ??= same?.since ?? now();
    message.isOverdue ||= same?.isOverdue === true;
    const mayWait = parkTimeoutMs > 0 && !(message.isOverdue && message.id !== undefined);
    if (!mayWait) {
      this.outcome.giveUp(message, 'PARK_TIMEOUT');
      return false;
    }
    if (same === undefined && !this.#makeRoom()) {
      this.outcome.giveUp(message, 'PARK_FULL');
      return false;
    }
    this.#queue.add(message);
    // A running timer is early enough, except for a message that comes back with its time running.
    if (!message.isOverdue && message.since < this.#scheduledSince) this.#schedule();
    if (same !== undefined) this.outcome.giveUp(same, 'SUPERSEDED');
    return true;
  }

  /** An overdue message may wait for as long as it takes, but it must not keep out one that is not overdue. */
  #makeRoom(): boolean {
    while (this.#isFull()) {
      const overdue = this.#queue.takeOverdue();
      if (overdue === undefined) return false;
      this.outcome.giveUp(overdue, 'PARK_FULL');
    }
    return true;
  }

  #isFull(): boolean {
    const { maxParked, maxParkedBytes } = this.limits;
    return this.#queue.size >= maxParked || this.#queue.bytes >= maxParkedBytes;
  }

  /** A stream has opened: every message is tried again. */
  release(): void {
    if (this.#queue.size === 0) return;
    this.#stopTimer();
    for (const message of this.#queue.takeAll()) this.outcome.retry(message);
  }

  /**
   * A request has come in, and with it a request stream. Messages for the standalone stream go on waiting. But if any
   * message may leave, all are tried, so that those that stay keep their order.
   */
  releaseForRequest(): void {
    if (this.#queue.hasForAnyStream) this.release();
  }

  /** The sender takes a request back. @returns whether it was parked */
  withdraw(id: RequestId): boolean {
    const message = this.#queue.takeRequest(id);
    if (message !== undefined) this.outcome.giveUp(message, 'CANCELLED');
    return message !== undefined;
  }

  close(): void {
    this.#stopTimer();
    for (const message of this.#queue.takeAll()) this.outcome.giveUp(message, 'CLOSED');
  }

  #expire(): void {
    for (const message of this.#queue.takeSince(now() - this.limits.parkTimeoutMs)) {
      if (message.mayGoElsewhere) {
        message.isOverdue = true;
        this.outcome.retry(message);
      } else {
        this.outcome.giveUp(message, 'PARK_TIMEOUT');
      }
    }
    if (this.#scheduledSince === Infinity) this.#schedule();
  }

  #schedule(): void {
    this.#stopTimer();
    const oldest = this.#queue.oldestSince;
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
