import { after } from '../clock.js';

/**
 * Watches for questions whose client is gone: it holds no connection, and none has come or gone for
 * `timeoutMs`. A client that still holds one, or is still talking, may be a person who thinks.
 */
export class Orphans {
  #cancelTimer: (() => void) | undefined;

  /**
   * @param timeoutMs `0`: never
   * @param isAbandoned whether a question is open and no connection is
   * @param abandon answers the open questions in the client's place
   */
  constructor(
    private readonly timeoutMs: number,
    private readonly isAbandoned: () => boolean,
    private readonly abandon: () => void,
  ) {}

  /** A connection has come or gone: the time starts anew. */
  clientSeen(): void {
    this.close();
    this.questionAsked();
  }

  /** A question was sent, perhaps to be stored for a client that is away. */
  questionAsked(): void {
    if (this.timeoutMs === 0 || this.#cancelTimer !== undefined || !this.isAbandoned()) return;
    this.#cancelTimer = after(this.timeoutMs, () => {
      this.#cancelTimer = undefined;
      if (this.isAbandoned()) this.abandon();
    });
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
