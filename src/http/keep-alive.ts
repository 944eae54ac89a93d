import { MAX_TIMEOUT_MS, after, now } from '../clock.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import type { EventStream } from './event-stream.js';
import { watchForVanishing } from './vanished.js';

const COMMENT = ': keepalive\n\n';

/**
 * Writes comments on the streams of a transport, so that no proxy on the way takes them for dead. One timer serves all
 * streams: the first in line is the one whose comment is due next. A client that has vanished acknowledges no comment.
 */
export class KeepAlive {
  readonly #dueAt = new Map<EventStream, number>();
  #cancelTimer: (() => void) | undefined;

  /** @param everyMs less than 1: never */
  constructor(private readonly everyMs: number) {}

  add(stream: EventStream): void {
    watchForVanishing(stream.visit.response);
    if (!Number.isFinite(this.everyMs) || this.everyMs < 1) return;
    this.#dueAt.set(stream, now() + this.everyMs);
    if (this.#cancelTimer === undefined) this.#wakeIn(this.everyMs);
  }

  delete(stream: EventStream): void {
    this.#dueAt.delete(stream);
    if (this.#dueAt.size === 0) this.close();
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueAt.clear();
  }

  #wakeIn(ms: number): void {
    // On nobody's behalf: a timer would keep the request in memory during which it was set.
    this.#cancelTimer = onNobodysBehalf(() =>
      after(Math.min(Math.max(1, ms), MAX_TIMEOUT_MS), () => {
        this.#wake();
      }),
    );
  }

  #wake(): void {
    const at = now();
    for (const [stream, dueAt] of this.#dueAt) {
      if (dueAt > at) {
        this.#wakeIn(dueAt - at);
        return;
      }
      // To the end of the line: its next comment is the last one due.
      this.#dueAt.delete(stream);
      this.#dueAt.set(stream, at + this.everyMs);
      stream.comment(COMMENT);
    }
  }
}
