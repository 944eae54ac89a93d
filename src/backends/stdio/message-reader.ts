import { after } from '../../clock.js';
import type { JsonRpcMessage } from '../../routing/message.js';
import { MessageLines } from '../message-lines.js';
import { isMeantAsMessage, isTooLong, tellUnreadable, tellValue, type MessageListener } from '../messages.js';
import { Outline } from '../outline.js';
import { findMessage, endOfBlank, isComplete, parsed, repaired, trimmed } from './loose-json.js';

/** If a server writes a whole message without a line end, we read the message after this long. */
const QUIET_MS = 500;

/** How long to wait for the next line of a message. A server writes all lines of a message together. */
const NEXT_LINE_MS = 2_000;

/** How long to wait for the rest of a line. It may be long, and the server may be slow or stopped for a while. */
const REST_OF_LINE_MS = 15_000;

export interface ReaderListener extends MessageListener {
  /** A message with other text before it. It may only be a log line, because some servers log their messages. */
  quoted(message: JsonRpcMessage): void;
  /** A text for people. */
  noMessage(text: string): void;
  /** The current message does not seem to end. Nothing else will be read. */
  endless(): void;
}

/** The part of a multi-line message that has come so far. */
interface Unfinished {
  readonly text: string;
  readonly outline: Outline;
}

/**
 * Reads the stdout of a server. Each line should be one message, but often is not. The reader passes on every message
 * that it can understand, and reports every text that was meant as a message but is unreadable.
 */
export class MessageReader {
  readonly #lines: MessageLines;
  #unfinished: Unfinished | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(private readonly listener: ReaderListener) {
    this.#lines = new MessageLines(listener.maxMessage, {
      line: (line) => {
        this.#line(line);
      },
      tooLong: (outline) => {
        this.#tooLong(outline);
      },
      endless: () => {
        listener.endless();
      },
    });
  }

  feed(text: string): void {
    this.stop();
    this.#lines.feed(text);
    if (!this.#isIdle) this.#cancelTimer = after(QUIET_MS, () => this.#quiet());
  }

  /** Nothing more will come. */
  end(): void {
    this.stop();
    if (!this.#lines.isAtStart) this.#lines.end();
    this.#giveUp();
  }

  /** Stops the timer. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  get #isIdle(): boolean {
    return this.#lines.isAtStart && this.#unfinished === undefined;
  }

  #quiet(): void {
    if (isComplete(this.#lines.begun)) this.#lines.end();
    if (this.#isIdle) return;
    const ms = (this.#lines.isAtStart ? NEXT_LINE_MS : REST_OF_LINE_MS) - QUIET_MS;
    this.#cancelTimer = after(ms, () => {
      this.end();
    });
  }

  #line(line: string): void {
    // JSON treats `\r` as a space. On a terminal, the text after it overwrites the text before it.
    if (line.includes('\r') && parsed(line) === undefined) for (const piece of line.split('\r')) this.#piece(piece);
    else this.#piece(line);
  }

  #piece(piece: string): void {
    const value = parsed(piece);
    if (value === undefined) this.#notClean(trimmed(piece));
    else if (isMeantAsMessage(value)) this.#tell(value, piece);
    else this.#goOn(piece);
  }

  #notClean(text: string): void {
    if (text === '') return;
    const value = parsed(text);
    if (value !== undefined && isMeantAsMessage(value)) {
      this.#tell(value, text);
    } else if (text.startsWith('{') && Outline.of(text).isMessage) {
      this.#giveUp();
      this.#scan(text);
    } else {
      this.#goOn(text);
    }
  }

  #tell(value: unknown, text: string): void {
    this.#giveUp();
    tellValue(value, this.listener, text);
  }

  /** Adds the piece to an unfinished message, if there is one. */
  #goOn(piece: string): void {
    const begun = this.#unfinished;
    if (begun === undefined) {
      this.#scan(piece);
      return;
    }
    const text = `\n${piece}`;
    const length = begun.outline.feed(text);
    this.#unfinished = { text: begun.text + text.slice(0, length), outline: begun.outline };
    if (this.#unfinished.text.length > this.listener.maxMessage) {
      this.#unfinished = undefined;
      this.#tooLong(begun.outline);
    } else if (begun.outline.isWhole) {
      const { text: whole } = this.#unfinished;
      this.#unfinished = undefined;
      this.#understand(whole, begun.outline);
      this.#scan(text.slice(length));
    }
  }

  /** The unfinished message does not go on. */
  #giveUp(): void {
    const begun = this.#unfinished;
    this.#unfinished = undefined;
    if (begun !== undefined) this.#unreadable(begun.text, begun.outline, 'is not whole');
  }

  /** Reads the messages on a line one after the other, and the text between them. */
  #scan(text: string): void {
    for (let at = endOfBlank(text, 0); at < text.length; at = endOfBlank(text, at)) {
      const rest = text.slice(at);
      const outline = new Outline();
      const length = /^[{[]/.test(rest) ? outline.feed(rest) : 0;
      const quoted = findMessage(rest);
      if (outline.isWhole && repaired(rest.slice(0, length)) !== undefined) {
        this.#understand(rest.slice(0, length), outline);
        at += length;
      } else if (quoted !== undefined && quoted.at > 0) {
        const before = rest.slice(0, quoted.at);
        this.#unreadable(before, Outline.of(before), 'is not whole');
        this.listener.quoted(quoted.message);
        at += quoted.end;
      } else {
        if (length > 0 && !outline.isWhole) this.#unfinished = { text: rest, outline };
        else this.#unreadable(rest, outline, 'is no valid JSON');
        return;
      }
    }
  }

  #understand(text: string, outline: Outline): void {
    const value = repaired(text);
    if (value !== undefined && isMeantAsMessage(value)) tellValue(value, this.listener);
    else this.#unreadable(text, outline, 'is no valid JSON');
  }

  #unreadable(text: string, outline: Outline, why: string): void {
    if (outline.isMessage) tellUnreadable(outline, why, this.listener);
    else this.listener.noMessage(text);
  }

  #tooLong(outline: Outline): void {
    tellUnreadable(outline, isTooLong(this.listener.maxMessage), this.listener);
  }
}
