import { after } from '../../clock.js';

export interface LaneOptions {
  /** How many messages may be under way at once. */
  readonly maxUnderWay: number;
  /** The next one waits until the one before is taken, and no longer than this: it has been sent by then. */
  readonly headStartMs: number;
  /** How many may wait, and how many characters they may have in all. */
  readonly maxWaiting: number;
  readonly maxWaitingLength: number;
}

const MAX_WAITING = 1_000;

/** In order, and over few connections, to however slow a server. */
export const NOTIFICATIONS: LaneOptions = {
  maxUnderWay: 8,
  headStartMs: 1_000,
  maxWaiting: MAX_WAITING,
  maxWaitingLength: 16 * 1_048_576,
};

/** There are no more of them than questions of the server, which are bounded elsewhere. */
export const ANSWERS: LaneOptions = {
  maxUnderWay: 16,
  headStartMs: 0,
  maxWaiting: Infinity,
  maxWaitingLength: Infinity,
};

interface Waiting {
  readonly length: number;
  readonly start: () => Promise<void>;
  readonly drop: (reason: Error) => void;
}

/** Sends messages in the order in which they came, and few at once. */
export class SendLane {
  readonly #waiting: Waiting[] = [];
  #waitingLength = 0;
  #underWay = 0;
  /** The one that was sent last, while it has its head start. */
  #ahead: Waiting | undefined;
  #cancelTimer: (() => void) | undefined;
  #taken: Promise<void> = Promise.resolve();

  constructor(private readonly options: LaneOptions) {}

  /** Whether messages are under way, or wait. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Resolves when all that are here by now are taken, or refused. */
  get taken(): Promise<void> {
    return this.#taken;
  }

  /** @throws Error when no message of this length may wait any more */
  mustHavePlaceFor(length: number, method: string): void {
    const { maxWaiting, maxWaitingLength } = this.options;
    const count = this.#waiting.length;
    if (count < maxWaiting && this.#waitingLength + length <= maxWaitingLength) return;
    throw new Error(`${count} notifications wait for the backend to accept them: ${method} was not sent`);
  }

  /** @param post sends a message of this length. Resolves when it is taken, and rejects when it is refused */
  send<T>(length: number, post: () => Promise<T>): Promise<T> {
    const sent = new Promise<T>((resolve, reject) => {
      const start = async (): Promise<void> => post().then(resolve, reject);
      this.#waiting.push({ length, start, drop: reject });
    });
    this.#waitingLength += length;
    const before = this.#taken;
    const isOver = (): Promise<void> => before;
    this.#taken = sent.then(isOver, isOver);
    this.#next();
    return sent;
  }

  /** Sends nothing more. */
  close(reason: Error): void {
    this.#cancelTimer?.();
    for (const { drop } of this.#waiting.splice(0)) drop(reason);
  }

  #next(): void {
    const { maxUnderWay, headStartMs } = this.options;
    while (this.#underWay < maxUnderWay && this.#ahead === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingLength -= next.length;
      this.#underWay++;
      if (headStartMs > 0) {
        this.#ahead = next;
        this.#cancelTimer = after(headStartMs, () => this.#letNextGo());
      }
      void next.start().finally(() => {
        this.#underWay--;
        if (this.#ahead === next) this.#letNextGo();
        else this.#next();
      });
    }
  }

  #letNextGo(): void {
    this.#cancelTimer?.();
    this.#ahead = undefined;
    this.#next();
  }
}
