import { now } from '../clock.js';

/** Remembers what was seen for at least `keepMs`, and for at most twice as long. Two sets in turn need no timer. */
export class RecentNonces {
  #newer = new Set<string>();
  #older = new Set<string>();
  #turnedAt: number;

  constructor(
    private readonly keepMs: number,
    private readonly clock: () => number = now,
  ) {
    this.#turnedAt = clock();
  }

  /** @returns whether it was not seen before. From now on it was */
  isNew(nonce: string): boolean {
    this.#turn();
    if (this.#newer.has(nonce) || this.#older.has(nonce)) return false;
    this.#newer.add(nonce);
    return true;
  }

  #turn(): void {
    const time = this.clock();
    const turns = Math.floor((time - this.#turnedAt) / this.keepMs);
    if (turns === 0) return;
    this.#older = turns === 1 ? this.#newer : new Set();
    this.#newer = new Set();
    this.#turnedAt += turns * this.keepMs;
  }
}
