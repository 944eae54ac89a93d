import type { InFlight } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';

/** How many are kept before those that are over are looked for: a backend need not answer a cancelled request. */
const MAX_KEPT = 1_024;

/** The requests that a backend has not answered yet, and on whose behalf each was sent. */
export class SentRequests {
  readonly #origins = new Map<RequestId, InFlight>();
  #limit = MAX_KEPT;

  sent(id: RequestId, origin: InFlight): void {
    this.#origins.set(id, origin);
    if (this.#origins.size > this.#limit) this.#forgetOver();
  }

  answered(id: RequestId): void {
    this.#origins.delete(id);
  }

  origin(id: RequestId): InFlight | undefined {
    return this.#origins.get(id);
  }

  clear(): void {
    this.#origins.clear();
  }

  #forgetOver(): void {
    for (const [id, { state }] of this.#origins) if (state !== 'in-flight') this.#origins.delete(id);
    // Whoever has as many in flight does not pay for this with each of them.
    this.#limit = Math.max(MAX_KEPT, 2 * this.#origins.size);
  }
}
