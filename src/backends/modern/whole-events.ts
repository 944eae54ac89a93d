/** The end of an event: an empty line. A line ends with LF, CR LF, or CR. */
const BOUNDARY = /(?:\r\n|\n|\r(?!\n)){2}/g;

/** The longest boundary less one: as much of it may have come already. */
const OVERLAP = 3;

/**
 * Cuts the text of an event stream between events, and changes nothing in it. A reader that is cut off after it has got
 * whole events has not got half of one.
 */
export class WholeEvents {
  #rest = '';

  /** @param maxLength of an event, in characters */
  constructor(private readonly maxLength: number) {}

  /** @returns the events that are complete now. Without any, `''` @throws RangeError if an event is too long */
  add(text: string): string {
    BOUNDARY.lastIndex = Math.max(0, this.#rest.length - OVERLAP);
    const all = this.#rest + text;
    let end = 0;
    for (let match = BOUNDARY.exec(all); match !== null; match = BOUNDARY.exec(all)) end = BOUNDARY.lastIndex;
    this.#rest = all.slice(end);
    if (this.#rest.length > this.maxLength)
      throw new RangeError(`an event is longer than ${this.maxLength} characters`);
    return all.slice(0, end);
  }
}
