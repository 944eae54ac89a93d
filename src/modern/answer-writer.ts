import type { ServerResponse } from 'node:http';
import { after } from '../clock.js';
import { eventOf } from '../event-text.js';
import { withoutStandIns } from '../long-ids.js';
import { onConnectionEnd } from '../streams/connection-end.js';

/** After how long a silent answer gets a comment, so that nobody on the way takes its connection for dead. */
const SILENCE_MS = 15_000;

const STREAM_HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** The answer to one POST: a single JSON body, or a stream of events, once there is an event before the last message. */
export interface AnswerWriter {
  /** The answer is complete, or the client has left. What is written from now on is dropped. */
  readonly isOver: boolean;
  /** Writes a message before the last. */
  event(message: string): void;
  /** Writes the last message. @param status the HTTP status, unless the answer has begun already */
  answer(status: number, message: string, headers?: Readonly<Record<string, string>>): void;
  /** Answers without a message, or ends the stream. */
  end(status?: number): void;
  /** Calls back once if the client leaves before the answer is complete. */
  onGone(callback: () => void): void;
}

/** Also writes what another server has written. */
export interface RelayWriter extends AnswerWriter {
  /** The head of a stream has been written. */
  readonly isStream: boolean;
  /** Writes whole events, as they came. */
  relay(events: string): void;
  /** Breaks the answer off, so that the client does not take it for complete. */
  breakOff(): void;
}

/** What the writers share that differ in what they write to. */
export abstract class BaseWriter implements RelayWriter {
  isOver = false;
  isStream = false;
  #gone: (() => void) | undefined;
  #stopTimer: (() => void) | undefined;

  /** @param acceptsStream if not, the client gets nothing but the last message */
  constructor(private readonly acceptsStream: boolean) {}

  event(message: string): void {
    if (this.isOver || !this.acceptsStream) return;
    this.#begin();
    this.write(eventOf(withoutStandIns(message)));
    this.#watch();
  }

  answer(status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.isOver) return;
    this.#over();
    const text = withoutStandIns(message);
    if (this.isStream) this.finish(eventOf(text));
    else this.whole(status, { 'content-type': 'application/json', ...headers }, text);
  }

  end(status = 202): void {
    if (this.isOver) return;
    this.#over();
    if (this.isStream) this.finish('');
    else this.whole(status, {}, '');
  }

  relay(events: string): void {
    if (this.isOver) return;
    this.#begin();
    this.write(events);
    this.#watch();
  }

  breakOff(): void {
    if (this.isOver) return;
    this.#over();
    this.destroy();
  }

  onGone(callback: () => void): void {
    this.#gone = callback;
  }

  /** The client has left. */
  protected left(): void {
    if (this.isOver) return;
    const gone = this.#gone;
    this.#over();
    gone?.();
  }

  /** The client waits from now on. */
  protected waits(): void {
    this.#watch();
  }

  protected abstract head(headers: Readonly<Record<string, string>>): void;
  protected abstract write(text: string): void;
  protected abstract destroy(): void;
  protected abstract finish(text: string): void;
  protected abstract whole(status: number, headers: Readonly<Record<string, string>>, body: string): void;

  #begin(): void {
    if (!this.isStream) this.head(STREAM_HEAD);
    this.isStream = true;
  }

  #watch(): void {
    this.#stopTimer?.();
    if (this.isOver || !this.acceptsStream) return;
    this.#stopTimer = after(SILENCE_MS, () => {
      this.#begin();
      this.write(': waiting\n\n');
      this.#watch();
    });
  }

  #over(): void {
    this.isOver = true;
    this.#gone = undefined;
    this.#stopTimer?.();
  }
}

/** Writes to a Node response. */
export class NodeWriter extends BaseWriter {
  /** @param maxBufferedBytes how much may wait for a client that does not read. With more, its connection is closed */
  constructor(
    private readonly response: ServerResponse,
    private readonly maxBufferedBytes: number,
    acceptsStream = true,
  ) {
    super(acceptsStream);
    if (response.closed || response.destroyed) this.isOver = true;
    else {
      onConnectionEnd(response, () => {
        this.left();
      });
      this.waits();
    }
  }

  protected head(headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(200, headers);
  }

  protected write(text: string): void {
    if (this.response.writableLength > this.maxBufferedBytes) this.response.destroy();
    else this.response.write(text);
  }

  protected destroy(): void {
    this.response.destroy();
  }

  protected finish(text: string): void {
    this.response.end(text);
  }

  protected whole(status: number, headers: Readonly<Record<string, string>>, body: string): void {
    this.response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }
}
