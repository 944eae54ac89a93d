import { idIn } from '../long-ids.js';
import { isRequestId, type RequestId } from '../routing/message.js';

/** The members that show whether a text is a message, of which kind, and with which id. */
const NAMES: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'result', 'error']);

/** No name or id is longer than this, so nothing beyond it is kept. */
const MAX_TOKEN = 1_024;

const [QUOTE, APOSTROPHE, BACKSLASH, COMMA, COLON] = [0x22, 0x27, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The kind and id of a text that is meant as a message, even if it is not valid JSON: cut off, with numbers that JSON
 * does not have, or in the notation of another language. It reads the text in parts and keeps none of them, so that
 * even a message that is too long to keep has an outline.
 */
export class Outline {
  /** The outermost bracket is closed. */
  isWhole = false;
  readonly #members = new Map<string, string>();
  #depth = 0;
  #quote: number | undefined;
  #isEscaped = false;
  #name: string | undefined;
  #token = '';

  static of(text: string): Outline {
    const outline = new Outline();
    outline.feed(text);
    return outline;
  }

  /** @returns how many characters belong to the message; the rest of the text comes after it */
  feed(text: string): number {
    for (let at = 0; at < text.length; at++) {
      if (this.isWhole) return at;
      this.#read(text.charCodeAt(at));
    }
    return text.length;
  }

  /** Whether the text is meant as a message, and not for people. */
  get isMessage(): boolean {
    const has = (name: string): boolean => this.#members.has(name);
    if (has('jsonrpc') || (has('id') && (this.#isObject('result') || this.#isObject('error')))) return true;
    // The SDK writes the result first, so the rest may have been cut off.
    return !this.isWhole && this.#isObject('result');
  }

  /** Whether the message is an answer. Unknown if the message was cut off before it showed. */
  get isAnswer(): boolean | undefined {
    if (this.#members.has('method')) return false;
    return this.#members.has('result') || this.#members.has('error') || undefined;
  }

  /** The id, unless it is invalid or may have been cut off. */
  get id(): RequestId | undefined {
    const text = this.#members.get('id') ?? '';
    const value = /^'[^'\\]*'$/.test(text) ? text.slice(1, -1) : parsed(text);
    return isRequestId(value) ? value : undefined;
  }

  #isObject(name: string): boolean {
    return this.#members.get(name)?.startsWith('{') === true;
  }

  #read(code: number): void {
    if (this.#quote !== undefined) {
      this.#keep(code);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === this.#quote) this.#quote = undefined;
      return;
    }
    switch (code) {
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.#keep(code);
        // A cut-off message may lack the end of this member, so note it now.
        if (this.#depth++ === 1) this.#note();
        return;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        if (this.#depth === 0 || --this.#depth > 0) return;
        this.#note();
        this.isWhole = true;
        return;
      case COMMA:
        if (this.#depth !== 1) return;
        this.#note();
        this.#name = undefined;
        this.#token = '';
        return;
      case COLON:
        if (this.#depth !== 1 || this.#name !== undefined) return;
        this.#name = this.#token.trim().replace(/^["'](.*)["']$/, '$1');
        this.#token = '';
        return;
      default:
        if (this.#depth > 0 && (code === QUOTE || code === APOSTROPHE)) this.#quote = code;
        this.#keep(code);
    }
  }

  #keep(code: number): void {
    if (this.#depth === 1 && this.#token.length < MAX_TOKEN) this.#token += String.fromCharCode(code);
  }

  #note(): void {
    const name = this.#name ?? '';
    if (NAMES.has(name) && !this.#members.has(name)) this.#members.set(name, this.#token.trim());
  }
}

function parsed(json: string): unknown {
  try {
    return idIn(json);
  } catch {
    return undefined;
  }
}
