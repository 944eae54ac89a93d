import { SERIAL, type Behalf } from './script.js';
import type { Message } from './message.js';

/** What one client has received, by serial, and what is wrong with it. */
export class Receipts {
  readonly #received = { call: new Set<number>(), none: new Set<number>() };
  /** The last serial on each stream. */
  readonly #last = new WeakMap<object, Record<Behalf, number>>();
  readonly faults: string[] = [];

  constructor(private readonly tag: string) {}

  get total(): number {
    return this.#received.call.size + this.#received.none.size;
  }

  /** @param stream when what comes on it must come in order */
  note(message: Message, stream: object | undefined): void {
    const serial = String(message.params?._meta?.[SERIAL]);
    const [tag, behalf, digits] = serial.split('/');
    const number = Number(digits);
    if (tag !== this.tag || (behalf !== 'call' && behalf !== 'none') || !(number > 0)) {
      this.faults.push(`${this.tag} received ${String(message.method)} of ${serial}`);
      return;
    }
    if (this.#received[behalf].has(number)) this.faults.push(`${serial} came twice`);
    this.#received[behalf].add(number);
    if (stream === undefined) return;
    const last = this.#last.get(stream) ?? { call: 0, none: 0 };
    if (number < last[behalf]) this.faults.push(`${serial} came after ${last[behalf]} of the same stream`);
    last[behalf] = number;
    this.#last.set(stream, last);
  }

  /** The serials up to `sent` that have not come. */
  missing(behalf: Behalf, sent: number): number[] {
    const received = this.#received[behalf];
    return Array.from({ length: sent }, (_, index) => index + 1).filter((number) => !received.has(number));
  }

  /** Those beyond `sent`: nobody sent them. */
  invented(behalf: Behalf, sent: number): number[] {
    return [...this.#received[behalf]].filter((number) => number > sent);
  }
}
