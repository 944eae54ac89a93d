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

  /** @param timeoutMs `0`: never */
  constructor(
    private readonly timeoutMs: number,
    private readonly listener: OrphanListener,
  ) {}

  /** A connection has come or gone: the time starts anew. */
  clientSeen(): void {
    this.close();
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

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
