import { setTimeout as sleep } from 'node:timers/promises';

/** Lets through so many messages a second, and does not catch up on what it has missed. */
export class Pace {
  #due = 0;

  /** @param perSecond `0`: as many as there are */
  constructor(private readonly perSecond: number) {}

  async take(count: number): Promise<void> {
    if (this.perSecond === 0) return;
    const now = performance.now();
    const start = Math.max(now, this.#due);
    this.#due = start + (count / this.perSecond) * 1_000;
    if (start > now) await sleep(start - now);
  }
}
