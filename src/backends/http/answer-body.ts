import { Readable } from 'node:stream';

/** How far a reader of the stream may be behind. A decoder takes what it gets, and is at most a moment late. */
const MAX_BEHIND_BYTES = 16_777_216;

/** The part of a connection that an answer needs. It is never paused: undici fails if a paused one ends. */
export interface BodyConnection {
  abort(reason: Error): void;
}

/**
 * The body of an HTTP answer, undecoded. It waits for its one reader. A `Readable` would do the same, and costs more than
 * all the rest of a small answer.
 */
export class AnswerBody {
  #unread: Buffer[] = [];
  #onChunk: ((chunk: Buffer) => void) | undefined;
  #isOver = false;
  #isDestroyed = false;
  #cut: Error | undefined;
  #onEnd: ((cut: Error | undefined) => void) | undefined;

  constructor(private readonly connection: BodyConnection) {}

  // ---- for the connection ----

  arrived(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#onChunk === undefined) this.#unread.push(chunk);
    else this.#onChunk(chunk);
  }

  /** @param cut why it broke off */
  ended(cut?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cut = cut;
    // What came before the end is still to be read.
    if (this.#onChunk !== undefined) this.#onEnd?.(cut);
  }

  // ---- for the reader ----

  /** Passes on each chunk as it arrives. Resolves at the end, with the reason if the body broke off. */
  read(onChunk: (chunk: Buffer) => void): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#onChunk = onChunk;
      const unread = this.#unread;
      this.#unread = [];
      for (const chunk of unread) if (!this.#isDestroyed) onChunk(chunk);
      if (this.#isOver) resolve(this.#cut);
    });
  }

  /** Ends the connection. A reader is told this reason. */
  destroy(reason: Error = new Error('the answer was not read to its end')): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    if (this.#isOver) {
      // All of it has come, but its reader did not want all of it.
      this.#cut ??= reason;
      return;
    }
    this.ended(reason);
    this.connection.abort(reason);
  }

  /** The body as a stream, for those who transform it. */
  stream(): Readable {
    const stream = new Readable({
      read: () => undefined,
      destroy: (error, done) => {
        this.destroy(error ?? undefined);
        done(error);
      },
    });
    // Readers listen for the errors that matter. Ending a stream early makes one.
    stream.on('error', () => undefined);
    void this.read((chunk) => {
      stream.push(chunk);
      if (stream.readableLength > MAX_BEHIND_BYTES) this.destroy(new Error('it comes faster than it can be read'));
    }).then((cut) => {
      if (cut === undefined) stream.push(null);
      else stream.destroy(cut);
    });
    return stream;
  }
}
