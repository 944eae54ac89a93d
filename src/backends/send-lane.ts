import { after } from '../clock.js';

export interface LaneOptions {
  /** How many messages may be under way at once. */
  readonly maxUnderWay: number;
  /** A message waits until the one before it is accepted, but at most this long: by then, that one has been sent. */
  readonly headStartMs: number;
  /** How many may wait, and how many characters they may have in all. */
  readonly maxWaiting: number;
  readonly maxWaitingLength: number;
}

const MAX_WAITING = 1_000;

/** Notifications keep their order and use few connections, however slow the server is. */
export const NOTIFICATIONS: LaneOptions = {
  maxUnderWay: 8,
  headStartMs: 1_000,
  maxWaiting: MAX_WAITING,
  maxWaitingLength: 16 * 1_048_576,
};

/** Answers need no bound of their own: there is one for each server request, and the number of those is bounded. */
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

/** Sends messages in order, and only a few at once. */
export class SendLane {
  readonly #waiting: Waiting[] = [];
  #waitingLength = 0;
  #underWay = 0;
  /** The message that was sent last, while it has its head start. */
  #ahead: Waiting | undefined;
  #cancelTimer: (() => void) | undefined;
  #taken: Promise<void> = Promise.resolve();

  constructor(private readonly options: LaneOptions) {}

  /** Whether any messages are under way or waiting. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Resolves when the server has accepted or refused all messages that are in the lane now. */
  get taken(): Promise<void> {
    return this.#taken;
  }

  /** @throws Error if there is no room for another message of this length */
  mustHavePlaceFor(length: number, method: string): void {
    const { maxWaiting, maxWaitingLength } = this.options;
    const count = this.#waiting.length;
    if (count < maxWaiting && this.#waitingLength + length <= maxWaitingLength) return;
    throw new Error(`${count} notifications wait for the backend to accept them: ${method} was not sent`);
  }

  /** @param post sends a message of this length. It resolves when the server accepts it, and rejects if it refuses */
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

  /** Drops the messages that wait. */
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
