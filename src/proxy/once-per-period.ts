import { now } from '../clock.js';

/** Lets one event of each kind through per period. When it tracks `maxKinds` kinds, it lets no new kind through. */
export class OncePerPeriod {
  /** When each kind was last let through, oldest first. */
  readonly #last = new Map<string, number>();

  constructor(
    private readonly periodMs: number,
    private readonly maxKinds: number,
  ) {}

  isDue(kind: string): boolean {
    const time = now();
    for (const [old, at] of this.#last) {
      if (time - at < this.periodMs) break;
      this.#last.delete(old);
    }
    if (this.#last.has(kind) || this.#last.size >= this.maxKinds) return false;
    this.#last.set(kind, time);
    return true;
  }
}
