import { after, now } from '../clock.js';
import { asError } from '../errors.js';

type Write = () => Promise<void>;
type Reject = (error: Error) => void;

interface Job {
  readonly write: Write;
  /** When the write began; `undefined` while it waits. */
  since: number | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The writes to one stream. */
interface Writes {
  readonly underWay: Set<Job>;
  readonly waiting: Job[];
  /** A `write` is being called: what is sent from inside it is a reaction to what it has delivered. */
  isCalling: boolean;
}

/**
 * Keeps the messages of one stream in the order of their `send()` calls. A transport with an event
 * store writes when the store has answered, and a store may answer the second call before the first:
 * a response would then end the stream before an earlier question was written.
 *
 * Nothing waits unless an earlier message of the same stream is still being written, and nothing waits
 * for ever: a write that does not end is given up, and the next one goes on.
 */
export class WriteOrder {
  readonly #streams = new Map<object, Writes>();
  /** Writes in no order of ours. */
  readonly #unordered = new Set<Reject>();
  #cancelWatchdog: (() => void) | undefined;

  /**
   * @param stallTimeoutMs how long an ordered write may take, in milliseconds
   * @param stalled the error of one that takes longer
   */
  constructor(
    private readonly stallTimeoutMs: number,
    private readonly stalled: (stallTimeoutMs: number) => Error,
  ) {}

  /** Calls `write` now, or as soon as the earlier messages of `stream` are written. */
  write(stream: object, write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = { write, since: undefined, resolve, reject };
      let writes = this.#streams.get(stream);
      if (writes === undefined) {
        writes = { underWay: new Set(), waiting: [], isCalling: false };
        this.#streams.set(stream, writes);
      }
      if (writes.underWay.size === 0 || writes.isCalling) this.#run(stream, writes, job);
      else writes.waiting.push(job);
    });
  }

  /**
   * Calls `write` now, whatever else is being written: a transport with one pipe keeps its own order.
   * It is settled by `close()` like the others, for a pipe may never drain.
   */
  writeUnordered(write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#unordered.add(reject);
      attempt(write).then(
        () => {
          this.#unordered.delete(reject);
          resolve();
        },
        (error: unknown) => {
          this.#unordered.delete(reject);
          reject(asError(error));
        },
      );
    });
  }

  /** Rejects everything that waits or is being written: the transport is closed. */
  close(error: Error): void {
    for (const { underWay, waiting } of this.#streams.values()) {
      for (const job of [...underWay, ...waiting]) job.reject(error);
    }
    this.#streams.clear();
    for (const reject of this.#unordered) reject(error);
    this.#unordered.clear();
    this.#cancelWatchdog?.();
    this.#cancelWatchdog = undefined;
  }

  #run(stream: object, writes: Writes, job: Job): void {
    writes.underWay.add(job);
    job.since = now();
    this.#cancelWatchdog ??= after(this.stallTimeoutMs, () => {
      this.#giveUpStalled();
    });
    const isReaction = writes.isCalling;
    writes.isCalling = true;
    const written = attempt(job.write);
    writes.isCalling = isReaction;
    written.then(
      () => {
        job.resolve();
        this.#finished(stream, writes, job);
      },
      (error: unknown) => {
        job.reject(error);
        this.#finished(stream, writes, job);
      },
    );
  }

  /** One timer for all: it looks again for as long as anything is being written. */
  #giveUpStalled(): void {
    this.#cancelWatchdog = undefined;
    const latest = now() - this.stallTimeoutMs;
    const givenUp: [object, Writes, Job][] = [];
    let next = Infinity;
    for (const [stream, writes] of this.#streams) {
      for (const job of writes.underWay) {
        if (job.since === undefined || job.since > latest) next = Math.min(next, job.since ?? now());
        else givenUp.push([stream, writes, job]);
      }
    }
    // Before others begin, which may take their whole time: these have less of it left.
    if (next !== Infinity) {
      this.#cancelWatchdog = after(Math.max(1, Math.ceil(next - latest)), () => {
        this.#giveUpStalled();
      });
    }
    for (const [stream, writes, job] of givenUp) {
      job.reject(this.stalled(this.stallTimeoutMs));
      this.#finished(stream, writes, job);
    }
  }

  #finished(stream: object, writes: Writes, job: Job): void {
    if (!writes.underWay.delete(job)) return;
    if (writes.underWay.size > 0 || this.#streams.get(stream) !== writes) return;
    const next = writes.waiting.shift();
    if (next === undefined) this.#streams.delete(stream);
    else this.#run(stream, writes, next);
  }
}

/** Calls `write`; one that throws counts as one that rejects. */
export function attempt(write: Write): Promise<void> {
  try {
    // A transport in JavaScript may return nothing.
    return Promise.resolve(write());
  } catch (error) {
    return Promise.reject(asError(error));
  }
}
