import type { RequestId } from './message.js';

/** How many are remembered. A message that names a cancelled request comes soon after the cancellation. */
const MAX_REMEMBERED = 1_024;

interface Remembered<T> {
  readonly entry: T;
  /** A response can still be written: none was, and the stream is not gone. */
  isAnswerable: boolean;
}

/**
 * The requests that the client has cancelled, the newest only. An id is remembered until it is used again. A server need
 * not answer a cancelled request, and one that does not may still be working on it.
 */
export class CancelledRequests<T extends { readonly id: RequestId }> {
  readonly #byId = new Map<RequestId, Remembered<T>>();

  /** @param forgotten is called with each request that is no longer remembered */
  constructor(private readonly forgotten: (entry: T) => void) {}

  /** @param isAnswerable its stream is alive, so that a response could still be written */
  add(entry: T, isAnswerable: boolean): void {
    this.#byId.set(entry.id, { entry, isAnswerable });
    if (this.#byId.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#byId.keys() as unknown as [RequestId];
    this.delete(oldest);
  }

  /** Whether the last request with this id was cancelled, whatever has become of it since. */
  has(id: RequestId): boolean {
    return this.#byId.has(id);
  }

  /** The last request with this id, if it was cancelled. */
  get(id: RequestId): T | undefined {
    return this.#byId.get(id)?.entry;
  }

  /** The cancelled request with this id, if its response could still be written. */
  answerable(id: RequestId): T | undefined {
    const remembered = this.#byId.get(id);
    return remembered?.isAnswerable === true ? remembered.entry : undefined;
  }

  /** No response can be written any more: one was, or the stream is gone. The id is still remembered. */
  close(entry: T): void {
    const remembered = this.#byId.get(entry.id);
    if (remembered?.entry === entry) remembered.isAnswerable = false;
  }

  /** The id is used again. */
  delete(id: RequestId): void {
    const remembered = this.#byId.get(id);
    if (remembered === undefined) return;
    this.#byId.delete(id);
    this.forgotten(remembered.entry);
  }
}
