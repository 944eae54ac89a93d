import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

const RESOLUTION_MS = 1;

/** How much later than due a timer fires, because the event loop is held. */
export interface Delays {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** For how long the event loop is held while it measures. */
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

  async stop(): Promise<Delays> {
    // The last delay is known when the timer has fired once more.
    const { count } = this.#histogram;
    while (this.#histogram.count === count) await setTimeout(RESOLUTION_MS);
    this.#histogram.disable();
    // The histogram holds the time between two firings.
    const { max } = this.#histogram;
    const delayMs = (intervalNs: number): number => Math.max(0, intervalNs / 1e6 - RESOLUTION_MS);
    // A percentile is the upper end of its bucket, which may lie above the greatest value.
    return { p99Ms: delayMs(Math.min(max, this.#histogram.percentile(99))), maxMs: delayMs(max) };
  }
}
