import type { Readable } from 'node:stream';

/** A longer line is told in parts. */
const MAX_LINE = 65_536;

/** Tells each line of a text. Not `readline`, which keeps a line until it ends, however long it is. */
export function forEachLine(input: Readable, tell: (line: string) => void): void {
  const lines = new Lines(MAX_LINE, tell);
  input.setEncoding('utf8');
  input.on('data', (text: string) => {
    lines.feed(text, (line) => {
      tell(line.replace(/\r$/, ''));
    });
  });
  input.on('end', () => {
    const rest = lines.take();
    if (rest !== '') tell(rest);
  });
}

/** The lines of what comes in parts, each in time that grows with its length, and no faster. */
export class Lines {
  #parts: string[] = [];
  #length = 0;

  /** @param tooLong is given what has come of a line when that is longer than `maxLength`, and no longer kept */
  constructor(
    private readonly maxLength: number,
    private readonly tooLong: (part: string) => void,
  ) {}

  feed(text: string, tell: (line: string) => void): void {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) tell(this.#parts.length === 0 ? line : this.take() + line);
    this.#length += rest.length;
    if (rest !== '') this.#parts.push(rest);
    if (this.#length > this.maxLength) this.tooLong(this.take());
  }

  /** What has come of the line that is not whole yet: it is kept no longer. */
  take(): string {
    const part = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return part;
  }
}
