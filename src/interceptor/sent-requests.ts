import { BriefMap } from '../routing/brief-map.js';
import type { InFlight } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';

/** How many are kept before those that are over are looked for: a backend need not answer a cancelled request. */
const MAX_KEPT = 1_024;

/** How many of the requests are known that were answered last. */
const MAX_ANSWERED = 16;

/** The requests that a backend has not answered yet, and on whose behalf each was sent. */
export class SentRequests {
  readonly #origins = new BriefMap<RequestId, InFlight>();
  /** The oldest is the first. A backend may still ask something on their behalf, and then it is nobody else's. */
  readonly #answered = new BriefMap<RequestId, InFlight>();
  #limit = MAX_KEPT;

  sent(id: RequestId, origin: InFlight): void {
    this.#answered.delete(id);
    this.#origins.set(id, origin);
    if (this.#origins.size > this.#limit) this.#forgetOver();
  }

  answered(id: RequestId): void {
    const origin = this.#origins.get(id);
    if (origin === undefined) return;
    this.#origins.delete(id);
    this.#answered.set(id, origin);
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > MAX_ANSWERED && oldest !== undefined) this.#answered.delete(oldest);
  }

  /** Another request has this id now, on nobody's behalf. */
  forget(id: RequestId): void {
    this.#origins.delete(id);
    this.#answered.delete(id);
  }

  /** The request on whose behalf this one was sent. It may have been answered already. */
  origin(id: RequestId): InFlight | undefined {
    return this.#origins.get(id) ?? this.#answered.get(id);
  }

  clear(): void {
    this.#origins.clear();
    this.#answered.clear();
  }

  #forgetOver(): void {
    for (const [id, { state }] of this.#origins) if (state !== 'in-flight') this.#origins.delete(id);
    // Whoever has as many in flight does not pay for this with each of them.
    this.#limit = Math.max(MAX_KEPT, 2 * this.#origins.size);
  }
}
