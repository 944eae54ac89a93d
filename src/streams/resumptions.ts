import { after } from '../clock.js';
import type { HttpConnection } from './connection.js';

/** How long messages wait while an event store is read, in milliseconds. It is less than a write may take. */
export const MAX_READING_MS = 10_000;

interface Resumption {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * The connections by which the client is coming back to a stream, while the event store is read for them. If the transport
 * stores a message after the event store was read, and before it writes to the connection, the client never sees that
 * message. New messages for the stream therefore wait until the resumption is over.
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

  /** From now on the transport writes to the connection, or it never will. */
  ended(connection: HttpConnection): void {
    this.#underWay.get(connection)?.end();
    this.#underWay.delete(connection);
  }

  close(): void {
    for (const connection of [...this.#underWay.keys()]) this.ended(connection);
  }

  /** Resolves when the resumption of a stream is over. `undefined`: no client is coming back to that stream. */
  of(mayBeOfStream: (lastEventId: string) => boolean): Promise<void> | undefined {
    for (const [{ lastEventId }, { over }] of this.#underWay)
      if (lastEventId !== undefined && mayBeOfStream(lastEventId)) return over;
    return undefined;
  }
}
