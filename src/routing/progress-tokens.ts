import { BriefMap } from './brief-map.js';
import type { RequestId } from './message.js';

/** A request that brought a progress token. It carries its own neighbours, so that removing it needs no search. */
export interface TokenBearer<T> {
  /** The request that brought the same token before this one. */
  tokenBefore: T | undefined;
  /** The request that brought the same token after this one. */
  tokenAfter: T | undefined;
}

/**
 * Finds the request in flight that brought a progress token. A client must not use one token for two requests at the
 * same time. If it does, the token belongs to the newest of them, and falls back to the one before when that ends.
 */
export class ProgressTokens<T extends TokenBearer<T>> {
  readonly #newest = new BriefMap<RequestId, T>();

  get(token: RequestId): T | undefined {
    return this.#newest.get(token);
  }

  add(token: RequestId, entry: T): void {
    const before = this.#newest.get(token);
    this.#newest.set(token, entry);
    if (before === undefined) return;
    entry.tokenBefore = before;
    before.tokenAfter = entry;
  }

  /** @param entry must have been added: the caller ensures it */
  remove(token: RequestId, entry: T): void {
    const { tokenBefore: before, tokenAfter: after } = entry;
    if (before !== undefined) before.tokenAfter = after;
    if (after !== undefined) after.tokenBefore = before;
    else if (before !== undefined) this.#newest.set(token, before);
    else this.#newest.delete(token);
    entry.tokenBefore = entry.tokenAfter = undefined;
  }
}
