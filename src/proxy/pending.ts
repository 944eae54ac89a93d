import type { RequestId } from '../routing/message.js';

/** Requests that are not answered yet. A client may use an id twice: then two answers are due. */
export class Pending {
  readonly #due = new Map<RequestId, number>();
  #size = 0;

  /** How many answers are due. */
  get size(): number {
    return this.#size;
  }

  has(id: RequestId): boolean {
    return this.#due.has(id);
  }

  add(id: RequestId): void {
    this.#due.set(id, (this.#due.get(id) ?? 0) + 1);
    this.#size++;
  }

  /** One is answered. @returns whether one was due */
  answered(id: RequestId): boolean {
    const due = this.#due.get(id);
    if (due === undefined) return false;
    this.#size--;
    if (due === 1) this.#due.delete(id);
    else this.#due.set(id, due - 1);
    return true;
  }

  /** Nobody awaits an answer to this id any more. @returns how many were due */
  forget(id: RequestId): number {
    const due = this.#due.get(id) ?? 0;
    this.#size -= due;
    this.#due.delete(id);
    return due;
  }

  /** Empties it. @returns the ids that were in it, each once */
  takeAll(): RequestId[] {
    const ids = [...this.#due.keys()];
    this.#due.clear();
    this.#size = 0;
    return ids;
  }
}
