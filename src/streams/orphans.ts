import { after } from '../clock.js';

/** What orphans are told by, and tell. */
export interface OrphanListener {
  /** Whether a question is open, and no connection is. */
  readonly isAbandoned: boolean;
  /** Answers the open questions in the client's place. */
  abandonAll(): void;
}

/**
 * Watches for questions whose client is gone: it holds no connection, and none has come or gone for
 * `timeoutMs`. A client that still holds one, or is still talking, may be a person who thinks.
 */
export class Orphans {
  #cancelTimer: (() => void) | undefined;
  /** Cancel the timers of questions that were stored. Most sessions have none. */
  #stored: Set<() => void> | undefined;

  /** @param timeoutMs `0`: never */
  constructor(
    private readonly timeoutMs: number,
    private readonly listener: OrphanListener,
  ) {}

  /** A connection has come or gone: the time starts anew. */
  clientSeen(): void {
    this.#stop();
    this.questionAsked();
  }

  /** A question was sent, perhaps to be stored for a client that is away. */
  questionAsked(): void {
    if (this.timeoutMs === 0 || this.#cancelTimer !== undefined || !this.listener.isAbandoned) return;
    this.#cancelTimer = after(this.timeoutMs, () => {
      this.#cancelTimer = undefined;
      if (this.listener.isAbandoned) this.listener.abandonAll();
    });
  }

  /** A question was stored for a client that has left its stream: it may never come back for it. */
  questionStored(timeIsOver: () => void): void {
    if (this.timeoutMs === 0) return;
    const cancel = after(this.timeoutMs, () => {
      this.#stored?.delete(cancel);
      timeIsOver();
    });
    (this.#stored ??= new Set()).add(cancel);
  }

  close(): void {
    this.#stop();
    this.#stored?.forEach((cancel) => {
      cancel();
    });
    this.#stored = undefined;
  }

  #stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
