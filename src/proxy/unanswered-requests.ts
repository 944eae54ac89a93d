import { BriefMap } from '../routing/brief-map.js';
import type { RequestId } from '../routing/message.js';

/** Requests that are not answered yet. If a client uses an id twice, two answers are due. */
export class UnansweredRequests {
  /** For each answer that is due, a function that cancels its timer. */
  readonly #due = new BriefMap<RequestId, (() => void)[]>();
  #size = 0;

  /** How many answers are due. */
  get size(): number {
    return this.#size;
  }

  get ids(): Iterable<RequestId> {
    return this.#due.keys();
  }

  has(id: RequestId): boolean {
    return this.#due.has(id);
  }

  add(id: RequestId, cancelTimer: () => void = () => undefined): void {
    const due = this.#due.get(id) ?? [];
    due.push(cancelTimer);
    this.#due.set(id, due);
    this.#size++;
  }

  /** A request is answered. @returns whether an answer was due */
  answered(id: RequestId): boolean {
    const due = this.#due.get(id);
    const cancelTimer = due?.shift();
    if (cancelTimer === undefined) return false;
    cancelTimer();
    this.#size--;
    if (due?.length === 0) this.#due.delete(id);
    return true;
  }

  /** Removes all requests. @returns their ids, each once */
  takeAll(): RequestId[] {
    for (const cancelTimer of [...this.#due.values()].flat()) cancelTimer();
    const ids = [...this.#due.keys()];
    this.#due.clear();
    this.#size = 0;
    return ids;
  }
}
