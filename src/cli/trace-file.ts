import { now } from '../clock.js';
import type { RotatedFileOptions } from './line-file.js';
import { RotatedFile } from './rotated-file.js';

/** How many bytes may wait for a slow disk. What comes on top is lost. */
const MAX_WAITING_BYTES = 16 * 1_024 * 1_024;

/** How many bytes are written at once, if more wait. */
const BATCH_BYTES = 64 * 1_024;

/** How long after an error the next attempt may follow. */
const RETRY_MS = 10_000;

interface Waiting {
  readonly bytes: Buffer;
  /** How many events would be lost with these bytes. */
  readonly events: number;
}

/**
 * Writes lines to a file, in order and in the background. Lines are lost if the file cannot be written, or not fast
 * enough. A line then says how many: `{"at":1795899921155,"kind":"lost","count":12}`.
 */
export class TraceFile {
  readonly #file: RotatedFile;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Of the lines that are being written. */
  #events = 0;
  #lost = 0;
  #isGone = false;
  #failedAt: number | undefined;
  #writing: Promise<void> | undefined;

  /** @param report told of the first of several errors in a row, and once of a file that was taken away */
  constructor(
    private readonly options: RotatedFileOptions,
    private readonly report: (message: string) => void,
  ) {
    this.#file = new RotatedFile(options, this.#gone);
  }

  /** Resolves when the file is open, or the error is reported. */
  async open(): Promise<void> {
    await this.#file.open().catch(this.#failed);
  }

  /** @param line without its end */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    const isFull = this.#waitingBytes + bytes.length > MAX_WAITING_BYTES;
    if (isFull || (this.#failedAt !== undefined && now() - this.#failedAt < RETRY_MS)) {
      this.#lost += 1;
      return;
    }
    this.#tellLost();
    this.#push({ bytes, events: 1 });
    this.#writing ??= this.#writeAll();
  }

  /** Writes what waits, and closes the file. A later line opens it again. */
  async close(): Promise<void> {
    this.#tellLost();
    await (this.#writing ?? this.#writeAll());
    await this.#file.close().catch(this.#failed);
  }

  /**
   * Writes what waits, at once. For a process that ends without {@link close}, or before it is done: on a crash, a second
   * signal, or a disk that is too slow.
   */
  closeNow(): void {
    this.#tellLost();
    try {
      this.#file.appendNow(this.#batches());
      this.#events = 0;
    } catch (error) {
      this.#failed(error);
    }
    const left = this.#waiting.reduce((sum, { events }) => sum + events, this.#events);
    if (left > 0 && this.#failedAt === undefined)
      this.report(`the trace in ${this.options.path} lacks the last ${left} events`);
  }

  async #writeAll(): Promise<void> {
    for (const lines of this.#batches()) {
      try {
        await this.#file.append(lines);
        this.#failedAt = undefined;
      } catch (error) {
        this.#lost += this.#waiting.reduce((sum, { events }) => sum + events, this.#events);
        this.#waiting = [];
        this.#waitingBytes = 0;
        this.#failed(error);
      }
    }
    this.#writing = undefined;
  }

  /** What waits, and what comes meanwhile. */
  *#batches(): Generator<Uint8Array> {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      this.#events = batch.reduce((sum, { events }) => sum + events, 0);
      yield Buffer.concat(batch.map(({ bytes }) => bytes));
      this.#events = 0;
    }
  }

  /** At least one line, and no more than a file may hold. */
  #next(): readonly Waiting[] {
    const most = Math.min(BATCH_BYTES, this.options.maxBytes);
    let size = 0;
    const end = this.#waiting.findIndex(({ bytes }, at) => (size += bytes.length) > most && at > 0);
    const batch = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const { bytes } of batch) this.#waitingBytes -= bytes.length;
    return batch;
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const line = JSON.stringify({ at: Date.now(), kind: 'lost', count: this.#lost });
    this.#push({ bytes: Buffer.from(`${line}\n`), events: this.#lost });
    this.#lost = 0;
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.bytes.length;
  }

  readonly #gone = (): void => {
    if (!this.#isGone) this.report(`${this.options.path} was removed or renamed: the trace goes on in a new file`);
    this.#isGone = true;
  };

  readonly #failed = (error: unknown): void => {
    if (this.#failedAt === undefined)
      this.report(`cannot write the trace to ${this.options.path}: ${faultOf(error)} (events are lost meanwhile)`);
    this.#failedAt = now();
  };
}

/** `permission denied`, of `EACCES: permission denied, open '…'`. */
function faultOf(error: unknown): string {
  const { message } = error as Error;
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
