/** Cuts an event stream where an event ends, so that nobody gets half of one. */
import { StringDecoder } from 'node:string_decoder';

const [LF, CR] = [0x0a, 0x0d];

/**
 * Takes the bytes of an event stream as they come, and gives them back unchanged, in pieces that end where an event ends.
 * A line ends in `\n`, `\r` or `\r\n`, and an event at an empty line.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class WholeEvents {
  /** The beginning of an event that has not ended. */
  #held: Uint8Array[] = [];
  #heldLength = 0;
  readonly #counter = new StringDecoder();
  #isLineEmpty = true;
  #isAfterReturn = false;

  /** @param maxLength of an event, in characters. Default: no limit */
  constructor(private readonly maxLength?: number) {}

  /**
   * @returns all events that have become whole with these bytes. `undefined`: none
   * @throws RangeError an event is too long
   */
  add(chunk: Uint8Array): Uint8Array | undefined {
    const end = this.#endOfLast(chunk);
    const whole = end === 0 ? undefined : this.#taken(chunk.subarray(0, end));
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    return whole;
  }

  #taken(head: Uint8Array): Uint8Array {
    if (this.#held.length === 0) return head;
    const whole = Buffer.concat([...this.#held, head]);
    this.#held = [];
    this.#heldLength = 0;
    this.#counter.end();
    return whole;
  }

  #hold(rest: Uint8Array): void {
    this.#held.push(rest);
    if (this.maxLength === undefined) return;
    this.#heldLength += this.#counter.write(rest).length;
    if (this.#heldLength > this.maxLength) throw new RangeError(`an event is longer than ${this.maxLength} characters`);
  }

  /** Where the last event ends in this chunk. */
  #endOfLast(chunk: Uint8Array): number {
    return this.#isAfterReturn || chunk.includes(CR) ? this.#endByReturns(chunk) : this.#endByLineFeeds(chunk);
  }

  /** Most streams have no other line ends, and most chunks end with an event. */
  #endByLineFeeds(chunk: Uint8Array): number {
    const wasLineEmpty = this.#isLineEmpty;
    if (chunk.length > 0) this.#isLineEmpty = chunk.at(-1) === LF;
    for (let at = chunk.lastIndexOf(LF); at > 0; at = chunk.lastIndexOf(LF, at - 1))
      if (chunk[at - 1] === LF) return at + 1;
    return wasLineEmpty && chunk[0] === LF ? 1 : 0;
  }

  #endByReturns(chunk: Uint8Array): number {
    let last = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LF && this.#isAfterReturn) {
        // The second half of a line end. If the first half has ended an event, it goes with it, or after it.
        const hasEnded = last === at && (at > 0 || this.#held.length === 0);
        if (hasEnded) last = at + 1;
        this.#isAfterReturn = false;
      } else if (byte === LF || byte === CR) {
        if (this.#isLineEmpty) last = at + 1;
        this.#isLineEmpty = true;
        this.#isAfterReturn = byte === CR;
      } else {
        this.#isLineEmpty = false;
        this.#isAfterReturn = false;
      }
    }
    return last;
  }
}
