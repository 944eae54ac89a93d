import { after } from '../../clock.js';

/** How long to wait before asking for a stream again, if the server does not say. */
const FIRST_PAUSE_MS = 1_000;
const PAUSE_GROWTH = 1.5;
const MAX_PAUSE_MS = 30_000;

/** Without any pause, we would do nothing but reconnect. A server that asks for a pause of a day has made a mistake. */
const MIN_PAUSE_MS = 100;

/**
 * When, and after which event, to resume a stream that has ended.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class Resumption {
  lastEventId: string | undefined;
  /** Failed attempts in a row. */
  attempts = 0;
  #retryMs = FIRST_PAUSE_MS;
  #wake: (() => void) | undefined;

  resumableAfter(eventId: string): void {
    this.attempts = 0;
    this.lastEventId = eventId;
  }

  retryAfter(ms: number): void {
    this.#retryMs = Math.min(Math.max(ms, MIN_PAUSE_MS), MAX_PAUSE_MS);
  }

  /** Resolves when it is time to try again. */
  pause(): Promise<void> {
    const grown = Math.min(this.#retryMs * PAUSE_GROWTH ** this.attempts, MAX_PAUSE_MS);
    return new Promise((resolve) => {
      const cancel = after(grown, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Ends the pause early. */
  wake(): void {
    this.#wake?.();
  }
}
