import { asError } from '../errors.js';

/** Callbacks of others. One that throws keeps none from its turn. */
export class Listeners<A extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: A) => void>();

  constructor(private readonly report: (error: Error) => void) {}

  /** @returns a function that removes it */
  add(listener: (...args: A) => void): () => void {
    // Two callers may give the same function.
    const own = (...args: A): void => {
      listener(...args);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  call(...args: A): void {
    for (const listener of [...this.#listeners])
      try {
        listener(...args);
      } catch (error) {
        this.report(asError(error));
      }
  }
}
