import { after } from '../clock.js';
import type { HttpConnection } from './connection.js';

/** How long an event store may be read before nobody waits for it any more, in milliseconds: less than a write may take. */
export const MAX_READING_MS = 10_000;

interface Resumption {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * The connections by which the client is coming back to a stream, while the event store is read for them. What the
 * transport stores after the event store was read, and before it writes to the connection, the client never sees:
 * whoever has something for that stream waits until that is over.
 */
export class Resumptions {
  readonly #underWay = new Map<HttpConnection, Resumption>();

  began(connection: HttpConnection): void {
    let settle: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const cancelTimer = after(MAX_READING_MS, () => {
      this.ended(connection);
    });
    const end = (): void => {
      cancelTimer();
      settle?.();
    };
    this.#underWay.set(connection, { over, end });
  }

  /** The transport writes to the connection from now on, or never will. */
  ended(connection: HttpConnection): void {
    this.#underWay.get(connection)?.end();
    this.#underWay.delete(connection);
  }

  close(): void {
    for (const connection of [...this.#underWay.keys()]) this.ended(connection);
  }

  /** Resolves when a resumption after an event that may be of the stream in question is over; `undefined`: there is none. */
  of(mayBeOfStream: (lastEventId: string) => boolean): Promise<void> | undefined {
    for (const [{ lastEventId }, { over }] of this.#underWay)
      if (lastEventId !== undefined && mayBeOfStream(lastEventId)) return over;
    return undefined;
  }
}
