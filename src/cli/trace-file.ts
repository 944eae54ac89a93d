import { now } from '../clock.js';
import { RotatedFile, type RotatedFileOptions } from './rotated-file.js';

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
  #lost = 0;
  #failedAt: number | undefined;
  #writing: Promise<void> | undefined;

  /** @param report told of the first of several errors in a row */
  constructor(
    private readonly options: RotatedFileOptions,
    private readonly report: (message: string) => void,
  ) {
    this.#file = new RotatedFile(options);
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

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      try {
        await this.#file.append(Buffer.concat(batch.map(({ bytes }) => bytes)));
        this.#failedAt = undefined;
      } catch (error) {
        for (const { events } of [...batch, ...this.#waiting]) this.#lost += events;
        this.#waiting = [];
        this.#waitingBytes = 0;
        this.#failed(error);
      }
    }
    this.#writing = undefined;
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
