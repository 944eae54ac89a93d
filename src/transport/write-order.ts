import { asError } from '../errors.js';

type Write = () => Promise<void>;

interface Job {
  readonly write: Write;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps the messages of one stream in the order of their `send()` calls. A transport with an event
 * store writes when the store has answered, and a store may answer the second call before the first:
 * a response would then end the stream before an earlier question was written.
 *
 * Nothing waits unless an earlier message of the same stream is still being written.
 */
export class WriteOrder {
  /** Streams that are being written to; the first job is the one under way. */
  readonly #streams = new Map<object, Job[]>();

  /** Calls `write` now, or as soon as the earlier messages of `stream` are written. */
  write(stream: object, write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = { write, resolve, reject };
      const jobs = this.#streams.get(stream);
      if (jobs !== undefined) {
        jobs.push(job);
        return;
      }
      this.#run(stream, [job], job);
    });
  }

  /** Rejects everything that waits or is being written: the transport is closed. */
  close(error: Error): void {
    for (const jobs of this.#streams.values()) for (const job of jobs) job.reject(error);
    this.#streams.clear();
  }

  #run(stream: object, jobs: Job[], job: Job): void {
    const written = attempt(job.write);
    // What is sent while `write` runs is a reaction to what it has already delivered: such a send has
    // not waited, and keeps its place.
    if (!this.#streams.has(stream)) this.#streams.set(stream, jobs);
    written.then(
      () => {
        job.resolve();
        this.#next(stream, jobs);
      },
      (error: unknown) => {
        job.reject(error);
        this.#next(stream, jobs);
      },
    );
  }

  #next(stream: object, jobs: Job[]): void {
    if (this.#streams.get(stream) !== jobs) return;
    jobs.shift();
    const next = jobs[0];
    if (next === undefined) this.#streams.delete(stream);
    else this.#run(stream, jobs, next);
  }
}

/**
 * Writes that keep no order, each of which the transport may sit on for ever: a pipe nobody reads
 * takes no more, and is closed without a word to those who wait.
 */
export class UnorderedWrites {
  readonly #pending = new Set<Pick<Job, 'reject'>>();

  write(write: Write): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = { reject };
      this.#pending.add(job);
      attempt(write).then(
        () => {
          this.#pending.delete(job);
          resolve();
        },
        (error: unknown) => {
          this.#pending.delete(job);
          job.reject(error);
        },
      );
    });
  }

  /** Rejects everything that is being written: the transport is closed. */
  close(error: Error): void {
    for (const job of this.#pending) job.reject(error);
    this.#pending.clear();
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
