import { isRequestId, type RequestId } from '../routing/message.js';

/** Longer keys and values are not looked at: an id that long names nothing. */
const MAX_CAPTURED = 2_000;

/** What was seen of one message. */
interface Seen {
  id: unknown;
  isMethod: boolean;
  isResult: boolean;
}

/**
 * Finds which requests a body answers, though the body may be too large to keep, broken off, or no valid JSON. It looks
 * at the outermost members of each message only, and keeps nothing else.
 */
export class AnswerScanner {
  readonly #answered: RequestId[] = [];
  #depth = 0;
  /** The depth of the members of a message: one more in a batch. */
  #base = 0;
  #inString = false;
  #isEscaped = false;
  #captured = '';
  #key: string | undefined;
  #isValue = false;
  #seen: Seen = nothingSeen();

  /** Takes the next part of the text. */
  add(text: string): void {
    for (const character of text) this.#take(character);
  }

  /** The ids of the requests that it answers. Nothing more follows. */
  end(): readonly RequestId[] {
    // It may be broken off in an id: only one that is followed by something is whole.
    if (this.#base > 0 && this.#depth >= this.#base) this.#messageEnds(false);
    return this.#answered;
  }

  #take(character: string): void {
    if (this.#inString) this.#takeInString(character);
    else if (character === '"') {
      this.#inString = true;
      this.#capture(character);
    } else if (character === '{' || character === '[') this.#open(character);
    else if (character === '}' || character === ']') this.#close();
    else if (this.#depth !== this.#base || this.#base === 0) return;
    else if (character === ':') {
      this.#key = this.#parsed() as string | undefined;
      this.#isValue = true;
      this.#captured = '';
      this.#note();
    } else if (character === ',') this.#valueEnds();
    else this.#capture(character);
  }

  #takeInString(character: string): void {
    this.#capture(character);
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === '\\') this.#isEscaped = true;
    else if (character === '"') this.#inString = false;
  }

  #open(character: string): void {
    this.#depth += 1;
    if (this.#base === 0) this.#base = character === '[' ? 2 : 1;
    if (character === '{' && this.#depth === this.#base) this.#begin();
  }

  #close(): void {
    if (this.#depth === this.#base) {
      this.#valueEnds();
      this.#messageEnds(true);
    }
    this.#depth -= 1;
  }

  #begin(): void {
    this.#seen = nothingSeen();
    this.#captured = '';
    this.#isValue = false;
    this.#key = undefined;
  }

  #capture(character: string): void {
    if (this.#depth === this.#base && this.#captured.length < MAX_CAPTURED) this.#captured += character;
  }

  #parsed(): unknown {
    try {
      return JSON.parse(this.#captured) as unknown;
    } catch {
      return undefined;
    }
  }

  /** A key was read. That it is there is enough, except for the id. */
  #note(): void {
    if (this.#key === 'method') this.#seen.isMethod = true;
    if (this.#key === 'result' || this.#key === 'error') this.#seen.isResult = true;
  }

  #valueEnds(): void {
    if (this.#isValue && this.#key === 'id') this.#seen.id = this.#parsed();
    this.#isValue = false;
    this.#captured = '';
  }

  #messageEnds(isComplete: boolean): void {
    const { id, isMethod, isResult } = this.#seen;
    this.#seen = nothingSeen();
    // What is broken off may have been about to name a method, unless a result was seen.
    if (isRequestId(id) && !isMethod && (isResult || isComplete)) this.#answered.push(id);
  }
}

function nothingSeen(): Seen {
  return { id: undefined, isMethod: false, isResult: false };
}
