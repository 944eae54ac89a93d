import { compacted, LEFT } from '../live/compacted.js';
import type { EventRecord } from '../telemetry/record.js';

/** A record, and how many came before it. */
export interface Numbered {
  readonly number: number;
  readonly record: EventRecord;
  /** As it is sent. */
  readonly text?: string;
}

/** The last records, for pages that are opened later. Those of what still goes on are kept the longest. */
export class RecentRecords {
  #all: readonly Numbered[] = [];
  #fresh: Numbered[] = [];
  #count = 0;
  /** Of those that are written. */
  #size = 0;

  /**
   * @param max how many are kept
   * @param maxSize how many characters are kept of those that are written
   */
  constructor(
    private readonly max: number,
    private readonly maxSize = Infinity,
  ) {}

  /** @param record whose texts are of bounded length */
  add(record: EventRecord): void {
    this.#keep({ number: ++this.#count, record });
  }

  /** Writes a record at once, with its message, so that one that cannot be written is known now. */
  addWritten({ message, ...record }: EventRecord): void {
    const text = JSON.stringify({ ...record, ...(message !== undefined && { message }) });
    this.#keep({ number: ++this.#count, record, text });
  }

  #keep(one: Numbered): void {
    this.#fresh.push(one);
    // Not each time: most of the time nobody looks.
    this.#size += sizeOf(one);
    if (this.#all.length + this.#fresh.length > this.max || this.#size > this.maxSize) this.#join();
  }

  /** Counts records that are lost. */
  skip(count: number): void {
    this.#count += count;
  }

  /** Those that are kept and have a higher number, the oldest first, up to a limit. */
  after(number: number, limit: number): readonly Numbered[] {
    if (number >= this.#count) return [];
    this.#join();
    const first = firstAfter(this.#all, number);
    return this.#all.slice(first, first + limit);
  }

  #join(): void {
    if (this.#fresh.length === 0) return;
    this.#all = compacted([...this.#all, ...this.#fresh], this.max);
    this.#fresh = [];
    const isTooLarge = this.#size > this.maxSize;
    this.#size = this.#all.reduce((sum, one) => sum + sizeOf(one), 0);
    while (isTooLarge && this.#size > this.maxSize * LEFT) {
      this.#all = compacted(this.#all, this.#all.length - 1);
      this.#size = this.#all.reduce((sum, one) => sum + sizeOf(one), 0);
    }
  }
}

function sizeOf({ text = '' }: Numbered): number {
  return text.length;
}

function firstAfter(all: readonly Numbered[], number: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((all[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
