/** Cuts an event stream where an event ends, so that nobody gets half of one. */

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
  #isLineEmpty = true;
  #isAfterReturn = false;

  /** @returns all events that have become whole with these bytes. `undefined`: none */
  add(chunk: Uint8Array): Uint8Array | undefined {
    const end = this.#endOfLast(chunk);
    if (end === 0) {
      if (chunk.length > 0) this.#held.push(chunk);
      return undefined;
    }
    const head = chunk.subarray(0, end);
    const whole = this.#held.length === 0 ? head : Buffer.concat([...this.#held, head]);
    this.#held = end === chunk.length ? [] : [chunk.subarray(end)];
    return whole;
  }

  /** Where the last event ends in this chunk. */
  #endOfLast(chunk: Uint8Array): number {
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
