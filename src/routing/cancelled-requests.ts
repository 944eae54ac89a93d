import { putBounded } from './bounded.js';
import type { RequestId } from './message.js';

/** How many are remembered. A message that names a cancelled request comes soon after the cancellation. */
const MAX_REMEMBERED = 1_024;

/**
 * The requests that the client has cancelled, the newest only. An id is remembered until it is used again. The request
 * itself is remembered while its response could still follow: few servers send one, and those send it soon.
 */
export class CancelledRequests<T extends { readonly id: RequestId }> {
  readonly #byId = new Map<RequestId, T | undefined>();

  /** @param isAnswerable its stream is alive, so that a response could still be written */
  add(entry: T, isAnswerable: boolean): void {
    putBounded(this.#byId, entry.id, isAnswerable ? entry : undefined, MAX_REMEMBERED);
  }

  /** Whether the last request with this id was cancelled, whatever has become of it since. */
  has(id: RequestId): boolean {
    return this.#byId.has(id);
  }

  /** The cancelled request with this id, if its response could still follow. */
  get(id: RequestId): T | undefined {
    return this.#byId.get(id);
  }

  /** No response can follow any more: it was sent, or the stream is gone. The id is still remembered. */
  close(entry: T): void {
    if (this.#byId.get(entry.id) === entry) this.#byId.set(entry.id, undefined);
  }

  /** The id is used again. */
  delete(id: RequestId): void {
    this.#byId.delete(id);
  }
}
