import { Outline } from './outline.js';

/** A message that reaches this many times the limit is taken to have no end. */
const ENDLESS = 16;

export interface LineListener {
  line(text: string): void;
  /** A line exceeded the limit. Its text was not kept. */
  tooLong(outline: Outline): void;
  /** The current line does not seem to end, so that no other line would be read. */
  endless(): void;
}

/** Splits a text that comes in parts into lines. It skips a line that is too long, and keeps only an outline of it. */
export class MessageLines {
  #parts: string[] = [];
  #length = 0;
  /** The outline of the line that is being skipped. */
  #outline: Outline | undefined;

  constructor(
    private readonly maxLength: number,
    private readonly listener: LineListener,
  ) {}

  /** Nothing has come since the end of the last line. */
  get isAtStart(): boolean {
    return this.#length === 0;
  }

  /** The text of the line that has not ended yet. */
  get begun(): string {
    if (this.#parts.length > 1) this.#parts = [this.#parts.join('')];
    return this.#parts[0] ?? '';
  }

  feed(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#add(text.slice(from, end));
      this.end();
      from = end + 1;
    }
    this.#add(text.slice(from));
  }

  /** Treats the text since the last line break as a whole line. */
  end(): void {
    const [line, outline] = [this.begun, this.#outline];
    this.#parts = [];
    this.#length = 0;
    this.#outline = undefined;
    if (outline === undefined) this.listener.line(line);
    else this.listener.tooLong(outline);
  }

  #add(part: string): void {
    this.#length += part.length;
    if (this.#outline === undefined) {
      if (part !== '') this.#parts.push(part);
      if (this.#length <= this.maxLength) return;
      this.#outline = Outline.of(this.begun);
      this.#parts = [];
    } else {
      this.#outline.feed(part);
      if (this.#length > ENDLESS * this.maxLength) this.listener.endless();
    }
  }
}
