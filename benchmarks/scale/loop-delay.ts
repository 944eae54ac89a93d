import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

const RESOLUTION_MS = 1;

/** For how long the event loop is held: how much later than due a timer fires at most. */
export class LoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  /**
   * Resolves when it measures: the histogram takes the first time that its timer fires as a reference,
   * and what holds up the loop before that is in no interval.
   */
  static async start(): Promise<LoopDelay> {
    const delay = new LoopDelay();
    delay.#histogram.enable();
    while (delay.#histogram.count === 0) await setTimeout(RESOLUTION_MS);
    return delay;
  }

  /** @returns milliseconds */
  async stop(): Promise<number> {
    // The last delay is known when the timer has fired once more.
    const { count } = this.#histogram;
    while (this.#histogram.count === count) await setTimeout(RESOLUTION_MS);
    this.#histogram.disable();
    // The histogram holds the time between two firings.
    return Math.max(0, this.#histogram.max / 1e6 - RESOLUTION_MS);
  }
}
