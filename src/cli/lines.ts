import type { Readable } from 'node:stream';

/** A longer line is told in parts. */
const MAX_LINE = 65_536;

/** Tells each line of a text. Not `readline`, which keeps a line until it ends, however long it is. */
export function forEachLine(input: Readable, tell: (line: string) => void): void {
  let rest = '';
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    for (; rest.length >= MAX_LINE; rest = rest.slice(MAX_LINE)) tell(rest.slice(0, MAX_LINE));
  });
  input.on('end', () => {
    if (rest !== '') tell(rest);
  });
}

/** The lines of what comes in parts, each in time that grows with its length, and no faster. */
export class Lines {
  #parts: string[] = [];
  #length = 0;

  constructor(private readonly maxLength: number) {}

  /** @throws RangeError when a line is longer than may be kept: what follows it cannot be told apart */
  feed(text: string, tell: (line: string) => void): void {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) tell(this.#parts.length === 0 ? line : this.#whole(line));
    this.#length += rest.length;
    if (this.#length > this.maxLength) throw new RangeError(`a line is longer than ${this.maxLength} characters`);
    if (rest !== '') this.#parts.push(rest);
  }

  #whole(end: string): string {
    const line = this.#parts.join('') + end;
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
