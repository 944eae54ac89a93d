import { after } from '../clock.js';
import type { RequestId } from '../routing/message.js';

/** How long a backend may still work on a call that was taken back: many never answer one. */
export const GRACE_MS = 5_000;

/** Calls that the client took back. Each counts until the backend has answered it, or has had the time to. */
export class TakenBack {
  /** What cancels the timers, for each answer that is due. */
  readonly #due = new Map<RequestId, (() => void)[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: RequestId): boolean {
    return this.#due.has(id);
  }

  add(id: RequestId, onOverdue: () => void): void {
    const timers = this.#due.get(id) ?? [];
    this.#due.set(id, timers);
    this.#size++;
    const overdue = (): void => {
      this.answered(id);
      onOverdue();
    };
    timers.push(after(GRACE_MS, overdue));
  }

  /** One is answered. @returns whether one was due */
  answered(id: RequestId): boolean {
    const timers = this.#due.get(id);
    const cancel = timers?.shift();
    if (cancel === undefined) return false;
    cancel();
    this.#size--;
    if (timers?.length === 0) this.#due.delete(id);
    return true;
  }

  clear(): void {
    for (const cancel of [...this.#due.values()].flat()) cancel();
    this.#due.clear();
    this.#size = 0;
  }
}
