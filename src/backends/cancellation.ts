const CANCELLED = new Error('it was cancelled');

/** Ends one request after the other, once nobody waits for them. An `AbortController` does more, and costs each call more. */
export class Cancellation {
  #isCancelled = false;
  #end: ((reason: Error) => void) | undefined;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** The request that is under way now. @param end ends it, at once if it is cancelled already */
  endsWith(end: (reason: Error) => void): void {
    this.#end = end;
    if (this.#isCancelled) end(CANCELLED);
  }

  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#end?.(CANCELLED);
  }
}
