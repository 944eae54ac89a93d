import type { RequestId } from '../routing/message.js';

/** How many are remembered: a client that comes back has few answers left to give. */
const MAX_IDS = 1_024;

/** Ids, the newest of them. */
export class RecentIds {
  #ids: Set<RequestId> | undefined;

  add(id: RequestId): void {
    this.#ids ??= new Set();
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_IDS && oldest !== undefined) this.#ids.delete(oldest);
  }

  /** @returns whether it was there */
  delete(id: RequestId): boolean {
    return this.#ids?.delete(id) === true;
  }
}
