import type { InFlight } from './ledger.js';
import type { RequestId } from './message.js';

/**
 * Which request in flight brought which progress token. A client must not bring one twice at once. Where it does, the
 * newest request has it, and leaves it to the one before.
 */
export class ProgressTokens {
  readonly #newest = new Map<RequestId, InFlight>();

  get(token: RequestId): InFlight | undefined {
    return this.#newest.get(token);
  }

  add(token: RequestId, entry: InFlight): void {
    const before = this.#newest.get(token);
    this.#newest.set(token, entry);
    if (before === undefined) return;
    entry.tokenBefore = before;
    before.tokenAfter = entry;
  }

  /** @param entry must be in: the caller knows */
  remove(token: RequestId, entry: InFlight): void {
    const { tokenBefore: before, tokenAfter: after } = entry;
    if (before !== undefined) before.tokenAfter = after;
    if (after !== undefined) after.tokenBefore = before;
    else if (before !== undefined) this.#newest.set(token, before);
    else this.#newest.delete(token);
    entry.tokenBefore = entry.tokenAfter = undefined;
  }
}
