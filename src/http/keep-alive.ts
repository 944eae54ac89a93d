import { MAX_TIMEOUT_MS, after, now } from '../clock.js';
import { onNobodysBehalf } from '../interceptor/origin.js';
import { BriefMap } from '../routing/brief-map.js';
import type { EventStream } from './event-stream.js';
import { watchForVanishing } from './vanished.js';

const COMMENT = ': keepalive\n\n';

/**
 * Writes comments on the streams of a transport, so that no proxy on the way takes them for dead. One timer serves all
 * streams: the first in line is the one whose comment is due next. A client that has vanished acknowledges no comment.
 */
export class KeepAlive {
  /** By the numbers of their visits. */
  readonly #line = new BriefMap<number, InLine>();
  #cancelTimer: (() => void) | undefined;

  /** @param everyMs less than 1: never */
  constructor(private readonly everyMs: number) {}

  add(stream: EventStream): void {
    watchForVanishing(stream.visit.response);
    if (!Number.isFinite(this.everyMs) || this.everyMs < 1) return;
    this.#line.set(stream.visit.number, { stream, dueAt: now() + this.everyMs });
    if (this.#cancelTimer === undefined) this.#wakeIn(this.everyMs);
  }

  delete(stream: EventStream): void {
    this.#line.delete(stream.visit.number);
    if (this.#line.size === 0) this.close();
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#line.clear();
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
    for (const [number, { stream, dueAt }] of [...this.#line]) {
      if (dueAt > at) break;
      // To the end of the line: its next comment is the last one due.
      this.#line.delete(number);
      this.#line.set(number, { stream, dueAt: at + this.everyMs });
      stream.comment(COMMENT);
    }
    const [first] = this.#line.values();
    if (first !== undefined) this.#wakeIn(first.dueAt - at);
  }
}

/** A stream, and when its next comment is due. */
interface InLine {
  readonly stream: EventStream;
  readonly dueAt: number;
}
