/** When something began, and how long it has taken since. */
export class Stopwatch {
  /** In milliseconds since 1970. */
  readonly beganAt: number = Date.now();
  readonly #began: number = performance.now();

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /**
   * Now, in milliseconds since 1970. It is never before the beginning, though the clock may have been set back. Spans
   * that are told their beginning must be told their end by the same clock.
   */
  get now(): number {
    return this.beganAt + (performance.now() - this.#began);
  }
}
