import { after } from '../clock.js';

/** The owner of the server requests that may become orphans. */
export interface OrphanListener {
  /** Whether a server request is open, and no connection is. */
  readonly isAbandoned: boolean;
  /** Answers the open server requests in the client's place. */
  answerAll(): void;
}

/**
 * Finds server requests whose client is gone: it holds no connection, and none has opened or ended for `timeoutMs`. A
 * client that still holds a connection, or is still talking, may be a person who is thinking.
 */
export class Orphans {
  #cancelTimer: (() => void) | undefined;
  /** Functions that cancel the timers of stored server requests. Most sessions have none. */
  #stored: Set<() => void> | undefined;

  /** @param timeoutMs `0`: never */
  constructor(
    private readonly timeoutMs: number,
    private readonly listener: OrphanListener,
  ) {}

  /** A connection has opened or ended: the time starts anew. */
  clientSeen(): void {
    this.#stop();
    this.requestSent();
  }

  /** A server request was sent, perhaps to be stored for a client that is away. */
  requestSent(): void {
    if (this.timeoutMs === 0 || this.#cancelTimer !== undefined || !this.listener.isAbandoned) return;
    this.#cancelTimer = after(this.timeoutMs, () => {
      this.#cancelTimer = undefined;
      if (this.listener.isAbandoned) this.listener.answerAll();
    });
  }

  /** A server request was stored for a client that has left the stream, and may never come back for it. */
  requestStored(timeIsOver: () => void): void {
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
