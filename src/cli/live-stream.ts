import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BEAT, END, type Beat, type Gap, type Hello } from '../live/wire.js';
import type { RecentRecords } from './live-records.js';

/** Each page that is open has one. */
const MAX_READERS = 16;

/** So many records are written at once. In between, the proxy does its work. */
const BATCH = 200;

/** Events that come together are written together. */
const COLLECT_MS = 40;

/** Shows whatever lies between that the connection is used, this end whether it still stands, and the page the time. */
const BEAT_MS = 20_000;

export interface StreamOptions {
  readonly records: RecentRecords;
  readonly hello: () => Omit<Hello, 'isContinued' | 'now'>;
  /** There will be no more records. */
  readonly isWhole: boolean;
}

/**
 * Sends records to pages, as server-sent events: those that are kept first, and then each as it comes. A page that reads
 * slowly costs no memory: it gets what is kept once it reads on, and is told how many it has missed.
 */
export class LiveStreams {
  /** Numbers of records count from the start of this process. */
  readonly #epoch = randomBytes(6).toString('base64url');
  readonly #readers = new Set<Reader>();
  #timer: NodeJS.Timeout | undefined;
  readonly #beat: NodeJS.Timeout;

  constructor(private readonly options: StreamOptions) {
    this.#beat = setInterval(() => {
      for (const reader of this.#readers) reader.beat();
    }, BEAT_MS).unref();
  }

  get isFull(): boolean {
    return this.#readers.size >= MAX_READERS;
  }

  open(request: IncomingMessage, response: ServerResponse): void {
    const { records, hello } = this.options;
    const from = this.#numberIn(request.headers['last-event-id']);
    // For nginx, which collects what it passes on.
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    const greeting: Hello = { ...hello(), now: Date.now(), isContinued: from !== undefined };
    response.write(`retry: 1000\n${eventOf('hello', greeting)}`);
    const reader = new Reader(response, records, from ?? 0, this.#epoch, this.options.isWhole);
    this.#readers.add(reader);
    response.once('close', () => this.#readers.delete(reader));
    reader.read();
  }

  /** Records were added. */
  wake(): void {
    if (this.#readers.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const reader of this.#readers) reader.read();
    }, COLLECT_MS).unref();
  }

  close(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    for (const reader of this.#readers) reader.end();
  }

  #numberIn(id: string | string[] | undefined): number | undefined {
    const [epoch, number] = String(id).split(':');
    return epoch === this.#epoch && /^\d{1,15}$/.test(number ?? '') ? Number(number) : undefined;
  }
}

class Reader {
  #isBusy = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly records: RecentRecords,
    /** Of the last record that was written. */
    private number: number,
    private readonly epoch: string,
    private readonly isWhole: boolean,
  ) {}

  /** Writes what there is, as fast as it is read. */
  read(): void {
    if (this.#isBusy || this.response.destroyed || this.response.writableEnded) return;
    const batch = this.records.after(this.number, BATCH);
    if (batch.length === 0) {
      if (this.isWhole) this.response.end(eventOf(END, {}));
      return;
    }
    let [text, lost] = ['', 0];
    for (const { number, record, text: written } of batch) {
      lost += number - this.number - 1;
      this.number = number;
      text += `id: ${this.epoch}:${number}\ndata: ${written ?? JSON.stringify(record)}\n\n`;
    }
    if (lost > 0) text = eventOf('gap', { lost } satisfies Gap) + text;
    this.#isBusy = true;
    const goOn = (): void => {
      this.#isBusy = false;
      this.read();
    };
    if (this.response.write(text)) setImmediate(goOn);
    else this.response.once('drain', goOn);
  }

  beat(): void {
    if (!this.#isBusy) this.response.write(eventOf(BEAT, { now: Date.now() } satisfies Beat));
  }

  end(): void {
    this.response.end();
  }
}

function eventOf(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
